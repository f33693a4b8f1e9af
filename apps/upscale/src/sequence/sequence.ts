import {
  CliError,
  decodeInput,
  type FrameRange,
  frameRange,
  type Input,
  type Job,
  openVideo,
  readInput,
  tellOfPages,
  toCliError,
  type Warning,
} from "@vicinity/cli";
import {
  containerOf,
  type FrameDepth,
  imageSize,
  type Rational,
  type RgbFrame,
  type Samples,
} from "@vicinity/media";
import { codingOf } from "../coding.ts";
import type { Engine, UpscaleContext } from "../engine.ts";
import { flatten, splitAlpha } from "../planes.ts";
import { type TargetSize, targetSize } from "../target_size.ts";
import { comparisonWidth, enlargeInto, type VideoTask } from "../video.ts";
import { gaps } from "./gather.ts";

type Values = UpscaleContext["values"];

/** Pictures that are ready to become a video. */
export interface PreparedSequence {
  /** Tells it from a picture and a video. */
  readonly type: "sequence";
  /** The frames that are wanted, in order. */
  readonly files: readonly Input[];
  /** Frames a second. */
  readonly rate: Rational;
  /** The size of every frame. */
  readonly source: { readonly width: number; readonly height: number };
  /** Bits of a sample of the deepest frame. */
  readonly depth: FrameDepth;
  /** The size of the result. */
  readonly size: TargetSize;
}

/**
 * Checks that pictures can be the frames of one video.
 *
 * @param job The pictures and their result.
 * @param values The options; `fps` among them.
 * @param signal Stops the work.
 * @returns What {@link upscaleSequence} needs.
 * @throws {CliError} `INPUT_KIND` when a frame has another size than the first.
 */
export async function prepareSequence(
  { input, targets: [target = "-"] }: Job,
  values: Values & { readonly fps: Rational },
  signal: AbortSignal,
): Promise<PreparedSequence> {
  const { fps: rate } = values;
  if (target !== "-") containerOf(target);
  const all = input.members ?? [];
  const { start, end } = wantedFrames(all.length, rate, values);
  const files = all.slice(start, end);
  let source: PreparedSequence["source"] | undefined;
  let depth: FrameDepth = 8;
  for (const file of files) {
    signal.throwIfAborted();
    const found = await naming(
      file,
      async () => await imageSize(await readInput(file), { maxPixels: values["max-pixels"] }),
    );
    source ??= { width: found.width, height: found.height };
    if (found.depth > depth) depth = found.depth;
    if (found.width === source.width && found.height === source.height) continue;
    const sizes =
      `${found.width} x ${found.height}, the frames before it ${source.width} x ${source.height}`;
    throw new CliError("INPUT_KIND", `this frame has ${sizes}`, {
      file: file.shown,
      hint: "bring all frames to one size, or keep those of another film in a folder of their own",
    });
  }
  if (source === undefined) throw new CliError("NO_INPUT", "there is no frame");
  const size = targetSize(source, values.size ?? { scale: values.scale });
  return { type: "sequence", files, rate, source, depth, size };
}

function wantedFrames(frames: number, rate: Rational, values: Values): FrameRange {
  const times = Float64Array.from({ length: frames }, (_, index) => index * rate.den / rate.num);
  return frameRange({ frames, times, duration: frames * rate.den / rate.num }, values);
}

/**
 * Enlarges pictures to a video.
 *
 * @param engine The network.
 * @param sequence The pictures.
 * @param task Where to and how.
 * @returns Frames written.
 */
export async function upscaleSequence(
  engine: Engine,
  sequence: PreparedSequence,
  task: VideoTask,
): Promise<number> {
  const { files, rate, source, size } = sequence;
  const { values, scope } = task;
  const pixelFormat = sequence.depth === 16 ? "yuv444p16le" : "yuv444p";
  const coded = { pixelFormat, bitDepth: sequence.depth };
  const { options, depth, losses, white } = await codingOf(values, coded, task.target);
  for (const loss of losses) scope.warn(loss);
  for (const message of gaps(files)) scope.warn({ code: "FRAMES_MISSING", message });
  const open = (path: string, width: number) =>
    openVideo(path, {
      rate,
      width,
      height: size.height,
      depth,
      signal: scope.signal,
      ...options,
    });
  await using writer = await open(task.target, size.width);
  await using second = task.comparison === undefined
    ? undefined
    : await open(task.comparison, comparisonWidth(size));
  const total = files.length;
  const onFrame = (done: number) =>
    task.progress.report({ phase: "run", done, total, unit: "frame", item: task.shown });
  onFrame(0);
  const info = { ...source, frames: total };
  const outputs = { writer, second, white, onFrame };
  const frames = decodeSequence(files, depth, task);
  const done = await enlargeInto(engine, frames, { info, size }, outputs);
  await writer.close();
  await second?.close();
  for (const warning of writer.notes) scope.warn(warning);
  return done;
}

/** The frames, opaque: videos know no transparency. Losses are told once for all frames. */
async function* decodeSequence(
  files: readonly Input[],
  depth: FrameDepth,
  { values, scope }: VideoTask,
): AsyncGenerator<RgbFrame<Samples>, void, void> {
  const told = new Set<string>();
  const once = (warning: Warning) => {
    if (told.has(warning.code)) return;
    told.add(warning.code);
    scope.warn(warning);
  };
  for (const file of files) {
    scope.signal.throwIfAborted();
    const image = await naming(file, async () => await decodeInput(file, values, "srgb"));
    tellOfPages(image, once);
    const planes = splitAlpha(image, depth);
    if (planes.alpha === undefined || values.alpha === "drop") yield planes.color;
    else {
      once({ code: "ALPHA", message: "videos have no transparency: it was put on --background" });
      yield flatten(planes, values.background);
    }
  }
}

/** Errors of one of many frames name it. */
async function naming<T>(file: Input, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toCliError(error, file.shown);
  }
}
