import {
  CliError,
  cutSource,
  flushFile,
  openVideo,
  outputError,
  requireWhole,
  writtenStreams,
} from "@vicinity/cli";
import {
  containerOf,
  decodeFrames,
  joinParts,
  type MediaWarning,
  missingFrames,
  partOptions,
  requireJoinable,
  type RgbFrame,
  type Samples,
  type VideoInfo,
} from "@vicinity/media";
import { extname } from "node:path";
import { type Coding, codingOf } from "../coding.ts";
import type { Enlarger } from "../engine.ts";
import { pixelShape } from "../target_size.ts";
import {
  comparisonWidth,
  decodeOptions,
  enlargeInto,
  type PreparedVideo,
  type VideoTask,
} from "../video.ts";
import { settingsOf } from "./settings.ts";
import { WorkFolder } from "./work_folder.ts";

/**
 * Frames of a part, each of which is enlarged on its own: a multiple of the clips that the shipped
 * networks take, so that parts change no pixel of theirs, and at most some minutes of work.
 */
const PART_FRAMES = 120;

/**
 * The least that makes a part of its own at the end: coding fewer frames than an encoder reorders would
 * give them decoding times that do not continue those before.
 */
const SHORTEST_SHARE = 0.1;

/** What came of a video whose work was kept in parts. */
export interface PartsOutcome {
  /** Frames written. */
  readonly frames: number;
  /** Those of them that were there from earlier runs. */
  readonly resumedFrames: number;
}

/** Some frames of the wanted range, by their places in it. */
export interface Part {
  /** Number of the part. */
  readonly index: number;
  /** First frame. */
  readonly start: number;
  /** First frame after it. */
  readonly end: number;
}

/** All that the steps of the work share. */
interface Work {
  readonly engine: Enlarger;
  readonly video: PreparedVideo;
  readonly task: VideoTask;
  readonly coding: Coding;
  /** The wanted range as a video of its own. */
  readonly source: VideoInfo;
  readonly folder: WorkFolder;
}

/** A result: where it goes, what its parts are called, and how wide it is. */
interface Result {
  readonly target: string;
  readonly mark: string;
  readonly width: number;
}

/**
 * Enlarges a video part by part, so that a run that was stopped, even by a power cut, can go on. The
 * result is the same however often that happens.
 *
 * @param engine The network.
 * @param video The video.
 * @param task Where to and how.
 * @param partFrames Frames of a part.
 * @returns How many frames there are, and how many were there before.
 * @throws {CliError} `RESUME_MISMATCH` or `RESUME_DAMAGED` when the parts that are there cannot be used;
 *   `INTERRUPTED`, which says what is kept.
 */
export async function upscaleInParts(
  engine: Enlarger,
  video: PreparedVideo,
  task: VideoTask,
  partFrames = PART_FRAMES,
): Promise<PartsOutcome> {
  const { info, range } = video;
  const { scope, values, target } = task;
  requireJoinable(target);
  const coding = await codingOf(values, info, target);
  const settings = await settingsOf(engine, video, task, { coding, partFrames });
  using folder = await WorkFolder.open(target, settings, values.restart);
  try {
    await using cut = await cutSource(info, range, writtenStreams(values));
    const work = { engine, video, task, coding, source: cut.source, folder };
    const plan = planOf(range.end - range.start, partFrames);
    const resumedFrames = folder.frames;
    const warnings = await makeMissing(work, plan);
    const damage = missingFrames(info, range, folder.frames);
    if (damage !== undefined) warnings.push(damage);
    requireWhole(warnings, values);
    warnings.push(...await join(work, plan));
    for (const warning of [...coding.losses, ...cut.notes, ...warnings]) scope.warn(warning);
    const outcome = { frames: folder.frames, resumedFrames };
    await folder.remove();
    return outcome;
  } catch (error) {
    throw await whatIsKept(error, folder, task);
  }
}

/**
 * Cuts a range into parts.
 *
 * @param frames Frames of the range.
 * @param partFrames Frames of a part.
 * @returns The parts in order; the last one may be shorter, or longer by what would be too short.
 */
export function planOf(frames: number, partFrames: number): readonly Part[] {
  const count = Math.max(1, Math.ceil(frames / partFrames - SHORTEST_SHARE));
  return Array.from({ length: count }, (_, index) => ({
    index,
    start: index * partFrames,
    end: index + 1 === count ? frames : (index + 1) * partFrames,
  }));
}

/** Makes the parts that are not there; the video is decoded once for all of them. */
async function makeMissing(work: Work, plan: readonly Part[]): Promise<MediaWarning[]> {
  const { video: { info, range }, task: { scope, values, progress, shown }, coding, folder } = work;
  const total = range.end - range.start;
  let done = folder.frames;
  const report = () => progress.report({ phase: "run", done, total, unit: "frame", item: shown });
  report();
  const missing = plan.filter(({ index }) => folder.part(index) === undefined);
  const [first, last] = [missing[0], missing.at(-1)];
  if (first === undefined || last === undefined) return [];
  const frames = decodeFrames(info, {
    start: range.start + first.start,
    end: range.start + last.end,
    ...decodeOptions(values),
    depth: coding.depth,
    signal: scope.signal,
  });
  const notes: MediaWarning[] = [];
  try {
    for (const part of plan.slice(first.index, last.index + 1)) {
      const own = take(frames, part.end - part.start);
      if (folder.part(part.index) !== undefined) await drain(own);
      else {
        notes.push(
          ...await makePart(work, part, own, () => {
            done++;
            report();
          }),
        );
      }
    }
    // Only at its end has the decoder told everything.
    await drain(frames);
  } finally {
    await frames.return();
  }
  const told = frames.warnings.filter(({ code }) => code !== "VIDEO_DAMAGED");
  return [
    ...told,
    ...notes.filter(({ code }, at) => notes.findIndex((it) => it.code === code) === at),
  ];
}

/** Makes one part of every result. */
async function makePart(
  { engine, video, task, coding, source, folder }: Work,
  part: Part,
  frames: AsyncIterable<RgbFrame<Samples>>,
  onFrame: () => void,
): Promise<readonly MediaWarning[]> {
  const { info, size } = video;
  const { values, scope: { signal } } = task;
  const [main, beside] = resultsOf(video, task);
  const written: string[] = [];
  const open = ({ target, mark, width }: Result) => {
    const container = containerOf(target);
    const options = partOptions(source, { ...part, container, codec: values.codec });
    const name = folder.nameOf(part.index, `${mark}${options.container}`);
    written.push(name);
    return openVideo(folder.pathOf(name), {
      width,
      height: size.height,
      depth: coding.depth,
      signal,
      sampleAspectRatio: pixelShape(info, size),
      ...coding.options,
      ...options,
    });
  };
  await using writer = await open(main);
  await using second = beside === undefined ? undefined : await open(beside);
  const count = await enlargeInto(engine, frames, video, {
    writer,
    second,
    white: coding.white,
    onFrame,
  });
  const wanted = part.end - part.start;
  if (count < wanted) {
    // Probing has decoded every frame: a decoder that gives fewer now did not come to its end.
    const told = `the decoder gave ${count} of the ${wanted} frames of a part`;
    throw new CliError("FFMPEG_FAILED", told, { hint: howToGoOn(values) });
  }
  await writer.close();
  await second?.close();
  await folder.finish(part.index, count, written);
  return writer.notes;
}

/** Puts the parts together, and gives the results their names when all are complete. */
async function join(work: Work, plan: readonly Part[]): Promise<readonly MediaWarning[]> {
  const { video, task, coding, source, folder } = work;
  const { scope: { signal } } = task;
  const notes: MediaWarning[] = [];
  const finished: { readonly joined: string; readonly target: string }[] = [];
  for (const [place, { target, mark }] of resultsOf(video, task).entries()) {
    const joined = folder.pathOf(`joined.${mark}${extname(target).slice(1)}`);
    const parts = plan.flatMap(({ index }) => {
      const part = folder.part(index);
      const file = part?.files[place];
      return part === undefined || file === undefined
        ? []
        : [{ path: folder.pathOf(file.name), frames: part.frames }];
    });
    const options = { source, parts, signal, ...coding.options };
    const told = await joinParts(joined, options);
    // The side-by-side has the same streams beside its pictures.
    if (place === 0) notes.push(...told);
    finished.push({ joined, target });
  }
  for (const { joined, target } of finished) {
    try {
      await flushFile(joined);
      await Deno.rename(joined, target);
    } catch (error) {
      throw outputError(error, target);
    }
  }
  return notes;
}

function resultsOf(
  { size }: PreparedVideo,
  { target, comparison }: VideoTask,
): readonly [Result, ...Result[]] {
  const main = { target, mark: "", width: size.width };
  if (comparison === undefined) return [main];
  return [main, { target: comparison, mark: "compare.", width: comparisonWidth(size) }];
}

/** What a user who stops the work, and would go on, has to know. */
async function whatIsKept(error: unknown, folder: WorkFolder, task: VideoTask): Promise<unknown> {
  const { frames } = folder;
  if (frames === 0) await folder.remove();
  if (frames === 0 || !task.scope.signal.aborted) return error;
  return new CliError("INTERRUPTED", "stopped by the user", {
    hint: `${frames} finished frames are kept; ${howToGoOn(task.values)}`,
    cause: error,
  });
}

function howToGoOn({ restart }: VideoTask["values"]): string {
  const option = restart ? "--resume in place of --restart" : "--resume";
  return `${option} goes on from there, --skip-existing passes over results that are done`;
}

async function* take<T>(
  from: AsyncIterator<T, void>,
  count: number,
): AsyncGenerator<T, void, void> {
  for (let taken = 0; taken < count; taken++) {
    const next = await from.next();
    if (next.done) return;
    yield next.value;
  }
}

async function drain(frames: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of frames);
}
