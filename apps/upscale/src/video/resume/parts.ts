import {
  CliError,
  flushFile,
  openVideo,
  outputError,
  requireWhole,
  type Warning,
} from "@vicinity/cli";
import {
  containerOf,
  joinParts,
  partOptions,
  requireJoinable,
  type RgbFrame,
  type Samples,
  type TimingSource,
} from "@vicinity/media";
import { extname } from "node:path";
import type { Enlarger } from "../../engine.ts";
import { PRODUCTS, type Result } from "../../products.ts";
import { enlargeInto } from "../enlarge.ts";
import { countFrames, type PreparedVideo, type VideoTask, writerOptions } from "../video_task.ts";
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
  /** Times of the wanted frames. */
  readonly whole: TimingSource;
  readonly folder: WorkFolder;
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
  const { source } = video;
  const { scope, values } = task;
  const place = placeOfParts(task);
  const settings = await settingsOf(engine, video, task, partFrames);
  using folder = await WorkFolder.open(place, settings, values.restart);
  try {
    await using times = await source.times();
    const work = { engine, video, task, whole: times.whole, folder };
    const plan = planOf(source.frames, partFrames);
    const resumedFrames = folder.frames;
    const warnings = await makeMissing(work, plan);
    const damage = source.missing(folder.frames);
    if (damage !== undefined) warnings.push(damage);
    requireWhole(warnings, values);
    warnings.push(...await join(work, plan));
    for (const warning of [...task.coding.losses, ...times.notes, ...warnings]) {
      scope.warn(warning);
    }
    const outcome = { frames: folder.frames, resumedFrames };
    if (!values.debug) await folder.remove();
    return outcome;
  } catch (error) {
    throw await whatIsKept(error, folder, task);
  }
}

/**
 * Says how {@link upscaleInParts} would begin.
 *
 * @param engine The network.
 * @param video The video.
 * @param task What is wanted of it.
 * @returns Parts in all, and frames in those that are there and can be used.
 * @throws {CliError} `RESUME_MISMATCH` or `RESUME_DAMAGED` when they cannot be used.
 */
export async function planParts(
  engine: Enlarger,
  video: PreparedVideo,
  task: Pick<VideoTask, "values" | "results" | "coding">,
): Promise<{ readonly parts: number; readonly keptFrames: number }> {
  const place = placeOfParts(task);
  const settings = await settingsOf(engine, video, task, PART_FRAMES);
  const keptFrames = task.values.restart ? 0 : await WorkFolder.keptFrames(place, settings);
  return { parts: planOf(video.source.frames, PART_FRAMES).length, keptFrames };
}

/** The result beside which the parts wait. */
function placeOfParts({ results }: Pick<VideoTask, "results">): string {
  const [main] = results;
  if (main === undefined) {
    throw new CliError("USAGE", "parts are kept beside a result, and there is none", {
      hint: "leave --resume and --restart out",
    });
  }
  requireJoinable(main.target);
  return main.target;
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

/** Makes the parts that are not there; the frames are decoded once for all of them. */
async function makeMissing(work: Work, plan: readonly Part[]): Promise<Warning[]> {
  const { video, task, folder } = work;
  const onFrame = countFrames(video, task, folder.frames);
  const missing = plan.filter(({ index }) => folder.part(index) === undefined);
  const [first, last] = [missing[0], missing.at(-1)];
  if (first === undefined || last === undefined) return [];
  const { signal } = task.scope;
  const { depth } = task.coding;
  const frames = video.source.decode({ start: first.start, end: last.end, depth, signal });
  const notes: Warning[] = [];
  try {
    for (const part of plan.slice(first.index, last.index + 1)) {
      const own = take(frames, part.end - part.start);
      if (folder.part(part.index) !== undefined) await drain(own);
      else notes.push(...await makePart(work, part, own, onFrame));
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
  { engine, video, task, whole, folder }: Work,
  part: Part,
  frames: AsyncIterable<RgbFrame<Samples>>,
  onFrame: () => void,
): Promise<readonly Warning[]> {
  const { results, values } = task;
  const files: string[] = [];
  const open = (result: Result) => {
    const container = containerOf(result.target);
    const options = partOptions(whole, { ...part, container, codec: values.codec });
    const name = folder.nameOf(part.index, `${markOf(result)}${options.container}`);
    files.push(name);
    return openVideo(folder.pathOf(name), { ...writerOptions(video, task, result), ...options });
  };
  const wanted = part.end - part.start;
  const accept = (count: number) => {
    if (count === wanted) return;
    // Probing has decoded every frame: a decoder that gives fewer now did not come to its end.
    const told = `the decoder gave ${count} of the ${wanted} frames of a part`;
    throw new CliError("FFMPEG_FAILED", told, { hint: howToGoOn(values) });
  };
  const { coding: { white }, scope: { signal } } = task;
  const sink = { results, open, white, signal, onFrame, accept };
  const written = await enlargeInto(engine, frames, video, sink);
  await folder.finish(part.index, written.frames, files);
  return written.notes;
}

/** Puts the parts together, and gives the results their names when all are complete. */
async function join(work: Work, plan: readonly Part[]): Promise<readonly Warning[]> {
  const { video: { size }, task, whole, folder } = work;
  const { results, coding, scope: { signal } } = task;
  const notes: Warning[] = [];
  const finished: { readonly joined: string; readonly target: string }[] = [];
  for (const [place, result] of results.entries()) {
    const { target } = result;
    const joined = folder.pathOf(`joined.${markOf(result)}${extname(target).slice(1)}`);
    const parts = plan.flatMap(({ index }) => {
      const part = folder.part(index);
      const file = part?.files[place];
      return part === undefined || file === undefined
        ? []
        : [{ path: folder.pathOf(file.name), frames: part.frames }];
    });
    const { height } = size;
    const options = { ...whole, parts, height, signal, ...coding.options };
    const told = await joinParts(joined, options);
    // What stands beside the pictures is the same in all results.
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

/** What tells the files of one result from those of others. */
function markOf({ product }: Result): string {
  return PRODUCTS.suffixes[product] ?? "";
}

/** What a user who stops the work, and would go on, has to know. */
async function whatIsKept(error: unknown, folder: WorkFolder, task: VideoTask): Promise<unknown> {
  const { frames } = folder;
  if (frames === 0 && !task.values.debug) await folder.remove();
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
