import {
  containerOf,
  decodeFrames,
  type RgbFrame,
  type VideoFrame,
  type VideoWriter,
} from "@vicinity/media";
import type { ItemScope } from "../batch.ts";
import type { OptionValues } from "../options.ts";
import type { Job } from "../outputs.ts";
import type { Meter } from "../meter.ts";
import type { Progress } from "../progress.ts";
import { cutSource } from "../video/cut.ts";
import { openVideo } from "../video/open_video.ts";
import { type ProbedSource, probeSource, type ProbeTask } from "../video/probe_source.ts";
import {
  encoderOptions,
  requireWhole,
  type VIDEO_OPTIONS,
  type VideoValues,
  writtenStreams,
} from "../video/video_options.ts";

/** A video that is ready to be looked at. */
export interface PreparedVideo extends ProbedSource {
  /** Tells it from a picture. */
  readonly type: "video";
  /** What is made of it, in the order of the job's targets. */
  readonly products: readonly string[];
}

/**
 * Probes a video.
 *
 * @param job The input and its results.
 * @param products What is made of it.
 * @param task The part of it that is wanted, and who stops and follows the work.
 * @returns What {@link paintVideo} needs.
 */
export async function prepareVideo(
  job: Job,
  products: readonly string[],
  task: ProbeTask & { readonly wanted: VideoValues },
): Promise<PreparedVideo> {
  const targets = job.targets.filter((target, index) =>
    products[index] !== "json" && target !== "-"
  );
  for (const target of targets) containerOf(target);
  const source = await probeSource(job, task);
  for (const target of targets) await encoderOptions(task.wanted, source.info, target);
  return { type: "video", ...source, products };
}

/** How {@link paintVideo} makes a video's results. */
export interface VideoTask {
  /** The input and its results. */
  readonly job: Job;
  /** The options. */
  readonly values: OptionValues<typeof VIDEO_OPTIONS>;
  /** Takes warnings, and stops the work. */
  readonly scope: ItemScope;
  /** The name to show. */
  readonly label: string;
  /** Shows how far it is. */
  readonly progress: Progress;
  /** Follows where the time goes. */
  readonly meter: Meter;
  /** Looks at the frames and gives, in order, what each result shows of each. */
  readonly paint: (
    frames: AsyncIterable<VideoFrame>,
  ) => AsyncIterable<(product: string) => RgbFrame>;
}

/**
 * Makes videos of what is found in a video, with its times and its sound.
 *
 * @param video The video.
 * @param task What is made of it and how.
 * @returns Frames worked on.
 */
export async function paintVideo(
  { info, range, products }: PreparedVideo,
  task: VideoTask,
): Promise<number> {
  const { values, scope, job } = task;
  const isWritten = products.some((product) => product !== "json");
  await using cut = isWritten ? await cutSource(info, range, writtenStreams(values)) : undefined;
  await using stack = new AsyncDisposableStack();
  const writers: { product: string; writer: VideoWriter }[] = [];
  for (const [index, product] of products.entries()) {
    const target = job.targets[index];
    if (product === "json" || target === undefined) continue;
    const { width, height } = info;
    const options = { source: cut?.source ?? info, width, height, signal: scope.signal };
    const encoding = await encoderOptions(values, info, target);
    const writer = await openVideo(target, { ...options, ...encoding });
    writers.push({ product, writer: stack.use(writer) });
  }
  const { deinterlace } = values;
  const frames = decodeFrames(info, { ...range, deinterlace, signal: scope.signal });
  const total = range.end - range.start;
  let done = 0;
  const report = () =>
    task.progress.report({ phase: "run", done, total, unit: "frame", item: task.label });
  report();
  for await (const show of task.paint(task.meter.decoded(frames))) {
    for (const { product, writer } of writers) await writer.write(show(product).data);
    done++;
    report();
  }
  requireWhole(frames.warnings, values);
  for (const [index, { writer }] of writers.entries()) {
    await writer.close();
    const state = {
      phase: "write",
      done: index + 1,
      total: writers.length,
      unit: "result",
    } as const;
    task.progress.report({ ...state, item: task.label });
  }
  const notes = writers.flatMap(({ writer }) => writer.notes);
  for (const warning of [...cut?.notes ?? [], ...frames.warnings, ...notes]) scope.warn(warning);
  return done;
}
