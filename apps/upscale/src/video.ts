import {
  cutSource,
  type ItemScope,
  type Job,
  openVideo,
  type ProbedSource,
  probeSource,
  type ProbeTask,
  type Progress,
  requireWhole,
  writtenStreams,
} from "@vicinity/cli";
import {
  containerOf,
  decodeFrames,
  type DecodeOptions,
  type RgbFrame,
  type Samples,
  sideBySide,
  type VideoInfo,
  type VideoWriter,
} from "@vicinity/media";
import { codingOf } from "./coding.ts";
import type { Engine, UpscaleContext } from "./engine.ts";
import { pillowResize } from "@vicinity/vision";
import { pixelShape, type TargetSize, targetSize } from "./target_size.ts";

type Values = UpscaleContext["values"];

/** A video that is ready to be enlarged. */
export interface PreparedVideo extends ProbedSource {
  /** Tells it from a picture. */
  readonly type: "video";
  /** The size of the result. */
  readonly size: TargetSize;
}

/**
 * Probes a video and decides what becomes of it.
 *
 * @param job The input and its result.
 * @param values The options.
 * @param run Who stops and follows the work.
 * @returns What {@link upscaleVideo} needs.
 */
export async function prepareVideo(
  job: Job,
  values: Values,
  run: Pick<ProbeTask, "signal" | "progress">,
): Promise<PreparedVideo> {
  const [target = "-"] = job.targets;
  if (target !== "-") containerOf(target);
  const source = await probeSource(job, { ...run, wanted: values });
  const size = targetSize(source.info, values.size ?? { scale: values.scale });
  return { type: "video", ...source, size };
}

/** Where the results of a video go, and what is told on the way. */
export interface VideoTask {
  /** The result. */
  readonly target: string;
  /** The side-by-side, if one is wanted. */
  readonly comparison: string | undefined;
  /** The name to show. */
  readonly shown: string;
  /** Shows how far it is. */
  readonly progress: Progress;
  /** Whether the input was copied for this run alone, so that its time says nothing. */
  readonly isCopiedInput: boolean;
  /** The options. */
  readonly values: Values;
  /** Takes warnings, and stops the work. */
  readonly scope: ItemScope;
}

/**
 * Enlarges a video with all that is in it.
 *
 * @param engine The network.
 * @param video The video.
 * @param task Where to and how.
 * @returns Frames written.
 */
export async function upscaleVideo(
  engine: Engine,
  { info, range, size }: PreparedVideo,
  task: VideoTask,
): Promise<number> {
  const { scope, values } = task;
  const { signal } = scope;
  const { options, depth, losses, white } = await codingOf(values, info, task.target);
  await using cut = await cutSource(info, range, writtenStreams(values));
  const open = (path: string, width: number) =>
    openVideo(path, {
      source: cut.source,
      width,
      height: size.height,
      depth,
      signal,
      sampleAspectRatio: pixelShape(info, size),
      ...options,
    });
  await using writer = await open(task.target, size.width);
  await using second = task.comparison === undefined
    ? undefined
    : await open(task.comparison, comparisonWidth(size));
  const frames = decodeFrames(info, { ...range, ...decodeOptions(values), depth, signal });
  const total = range.end - range.start;
  const report = (done: number) =>
    task.progress.report({ phase: "run", done, total, unit: "frame", item: task.shown });
  report(0);
  const outputs = { writer, second, white, onFrame: report };
  const done = await enlargeInto(engine, frames, { info, size }, outputs);
  requireWhole(frames.warnings, values);
  await writer.close();
  await second?.close();
  for (const warning of [...losses, ...cut.notes, ...frames.warnings, ...writer.notes]) {
    scope.warn(warning);
  }
  return done;
}

/**
 * What the options say to the decoder.
 *
 * @param values The options.
 * @returns Settings for `decodeFrames`.
 */
export function decodeOptions(
  { deinterlace, hdr }: Values,
): Pick<DecodeOptions, "deinterlace" | "hdr"> {
  return { deinterlace, hdr: hdr === "keep" ? "keep" : "refuse" };
}

/** Where enlarged frames go. */
export interface FrameOutputs {
  /** Takes them. */
  readonly writer: VideoWriter;
  /** Takes them beside their bicubic enlargements, if that is wanted. */
  readonly second: VideoWriter | undefined;
  /** White of the letters there, as a part of the largest sample. */
  readonly white: number;
  /** Told the number of frames so far after each. */
  readonly onFrame: (done: number) => void;
}

/**
 * Enlarges frames and writes them.
 *
 * @param engine The network.
 * @param frames Frames of the video.
 * @param video Their size, and that of the result.
 * @param outputs Where they go.
 * @returns Frames written.
 */
export async function enlargeInto(
  engine: Pick<Engine, "upscale">,
  frames: AsyncIterable<RgbFrame<Samples>>,
  { info, size }: {
    readonly info: Pick<VideoInfo, "width" | "height" | "frames">;
    readonly size: TargetSize;
  },
  { writer, second, white, onFrame }: FrameOutputs,
): Promise<number> {
  const originals: RgbFrame<Samples>[] = [];
  const remembered = second === undefined ? frames : remember(frames, originals);
  let done = 0;
  for await (const frame of engine.upscale(remembered, info, size)) {
    await writer.write(frame.data);
    const original = originals.shift();
    if (second !== undefined && original !== undefined) {
      await second.write(compare(original, frame, white).data);
    }
    onFrame(++done);
  }
  return done;
}

/**
 * Puts an enlarged picture beside its bicubic enlargement.
 *
 * @param original The input.
 * @param enlarged The result, of as many bits.
 * @param white White of the labels, as a part of the largest sample.
 * @returns Both, with labels.
 */
export function compare(
  original: RgbFrame<Samples>,
  enlarged: RgbFrame<Samples>,
  white = 1,
): RgbFrame<Samples> {
  const plain = pillowResize(original, enlarged.width, enlarged.height);
  return sideBySide(plain, enlarged, { labels: ["bicubic", "vicinity"], white });
}

/**
 * Columns of {@link compare}'s result.
 *
 * @param size The size of the enlarged picture.
 * @returns Their number.
 */
export function comparisonWidth({ width }: TargetSize): number {
  const rows = { width, height: 1, data: new Uint8Array(width * 3) };
  return sideBySide(rows, rows).width;
}

async function* remember(
  frames: AsyncIterable<RgbFrame<Samples>>,
  into: RgbFrame<Samples>[],
): AsyncGenerator<RgbFrame<Samples>, void, void> {
  for await (const frame of frames) {
    into.push(frame);
    yield frame;
  }
}
