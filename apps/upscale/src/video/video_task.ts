import type { ItemScope, Progress } from "@vicinity/cli";
import type { VideoWriterOptions } from "@vicinity/media";
import type { Coding } from "../coding.ts";
import type { UpscaleContext } from "../engine.ts";
import type { Result } from "../products.ts";
import { pixelShape, type TargetSize } from "../target_size.ts";
import type { FrameSource } from "./frame_source.ts";

/** Frames that are ready to be enlarged. */
export interface PreparedVideo {
  /** Tells them from a picture. */
  readonly type: "video";
  /** The frames. */
  readonly source: FrameSource;
  /** The size of the results. */
  readonly size: TargetSize;
}

/** Where the results of a video go, and what is told on the way. */
export interface VideoTask {
  /** The results; perhaps none. */
  readonly results: readonly Result[];
  /** How they are coded. */
  readonly coding: Coding;
  /** The name to show. */
  readonly shown: string;
  /** Shows how far it is. */
  readonly progress: Progress;
  /** The options. */
  readonly values: UpscaleContext["values"];
  /** Takes warnings, and stops the work. */
  readonly scope: ItemScope;
}

/**
 * What a writer of a result needs to know beside its times.
 *
 * @param video The video.
 * @param task What is wanted of it.
 * @param result The result.
 * @returns Size, shape of the pixels, encoder.
 */
export function writerOptions(
  { source, size }: PreparedVideo,
  { coding, scope }: VideoTask,
  { width }: Result,
): VideoWriterOptions {
  return {
    width,
    height: size.height,
    depth: coding.depth,
    signal: scope.signal,
    sampleAspectRatio: pixelShape(source, size),
    ...coding.options,
  };
}

/**
 * Shows how far the work on a video is.
 *
 * @param video The video.
 * @param task Who shows it.
 * @param done Frames that are done already.
 * @returns Called after each frame.
 */
export function countFrames(
  { source: { frames: total } }: PreparedVideo,
  { progress, shown: item }: VideoTask,
  done = 0,
): () => void {
  const report = () => progress.report({ phase: "run", done, total, unit: "frame", item });
  report();
  return () => {
    done++;
    report();
  };
}
