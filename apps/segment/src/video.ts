import {
  cutSource,
  encoderOptions,
  type FrameRange,
  frameRange,
  type Job,
  openVideo,
  type Progress,
} from "@vicinity/cli";
import {
  containerOf,
  decodeFrames,
  overlayClasses,
  probeVideo,
  type RgbFrame,
  type VideoInfo,
  type VideoWriter,
} from "@vicinity/media";
import type { SegmentContext } from "./command.ts";
import { lookOptions } from "./look_options.ts";
import { flatColors, type SegmentFinding, type SegmentTask } from "./picture.ts";
import type { Product } from "./products.ts";
import { ClassCounter, hideOthers } from "./shown_classes.ts";

/** A video that is ready to be segmented. */
export interface PreparedVideo {
  /** Tells it from a picture. */
  readonly type: "video";
  /** What is known of the file. */
  readonly info: VideoInfo;
  /** The frames that are wanted. */
  readonly range: FrameRange;
  /** What is made of it, in the order of the job's targets. */
  readonly products: readonly Product[];
}

/**
 * Probes a video.
 *
 * @param job The input and its results.
 * @param products What is made of it.
 * @param values The options.
 * @returns What {@link segmentVideo} needs.
 */
export async function prepareVideo(
  job: Job,
  products: readonly Product[],
  values: SegmentContext["values"],
): Promise<PreparedVideo> {
  for (const [index, product] of products.entries()) {
    const target = job.targets[index] ?? "-";
    if (product !== "json" && target !== "-") containerOf(target);
  }
  const info = await probeVideo(job.input.path);
  return { type: "video", info, range: frameRange(info, values), products };
}

/** What the work on a video needs beside what a picture needs. */
export interface VideoTask extends SegmentTask {
  /** The name to show. */
  readonly label: string;
  /** Shows how far it is. */
  readonly progress: Progress;
}

/**
 * Segments a video frame by frame and writes videos with its sound.
 *
 * @param video The video.
 * @param task With what, where to and how.
 * @returns What the JSON says of it.
 */
export async function segmentVideo(
  { info, range, products }: PreparedVideo,
  task: VideoTask,
): Promise<SegmentFinding> {
  const { values, scope, shown, job } = task;
  await using cut = await cutSource(info, range);
  await using stack = new AsyncDisposableStack();
  const writers: { product: Product; writer: VideoWriter }[] = [];
  for (const [index, product] of products.entries()) {
    const target = job.targets[index];
    if (product === "json" || target === undefined) continue;
    const { width, height } = info;
    const options = { source: cut.source, width, height, signal: scope.signal };
    const writer = await openVideo(target, { ...options, ...encoderOptions(values, info) });
    writers.push({ product, writer: stack.use(writer) });
  }
  const frames = decodeFrames(info, { ...range, signal: scope.signal });
  const counter = new ClassCounter(shown);
  const total = range.end - range.start;
  let done = 0;
  let labels = new Uint32Array();
  const report = () =>
    task.progress.report({ phase: "run", done, total, unit: "frame", item: task.label });
  report();
  for await (const frame of frames) {
    if (done % values.every === 0) labels = await labelsOf(frame, task);
    counter.add(labels);
    for (const { product, writer } of writers) {
      await writer.write(painted(product, frame, labels, task).data);
    }
    done++;
    report();
  }
  for (const { writer } of writers) await writer.close();
  const notes = writers.flatMap(({ writer }) => writer.notes);
  for (const warning of [...frames.warnings, ...notes]) scope.warn(warning);
  return { frames: done, classes: counter.shares };
}

async function labelsOf(frame: RgbFrame, task: SegmentTask): Promise<Uint32Array<ArrayBuffer>> {
  const { segmenter, values, scope, shown } = task;
  const options = { ...lookOptions(values, segmenter), signal: scope.signal };
  const found = await segmenter.run(frame, options);
  return new Uint32Array(hideOthers(found.labels, shown));
}

function painted(
  product: Product,
  frame: RgbFrame,
  labels: Uint32Array,
  { shown, values }: SegmentTask,
): RgbFrame {
  if (product === "overlay") {
    const options = { opacity: values.opacity, void: shown.nothing };
    return overlayClasses(frame, labels, shown.classes, options);
  }
  return flatColors({ ...frame, data: new Uint8Array(frame.data.length) }, labels, shown);
}
