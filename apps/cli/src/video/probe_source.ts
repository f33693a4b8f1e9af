import { type ProbeProgress, probeVideo, type VideoInfo } from "@vicinity/media";
import type { Job } from "../outputs.ts";
import type { Progress, ProgressEvent } from "../progress.ts";
import { type FrameRange, frameRange, type WantedRange } from "./time_range.ts";

/** A video that can be worked on, and the part of it that is wanted. */
export interface ProbedSource {
  /** What is known of the file. */
  readonly info: VideoInfo;
  /** The frames that are wanted. */
  readonly range: FrameRange;
}

/** How a video is probed. */
export interface ProbeTask {
  /** The part of it that is wanted, and what becomes of high dynamic range. */
  readonly wanted: WantedRange & { readonly hdr: "error" | "tonemap" | "keep" };
  /** Stops the work. */
  readonly signal: AbortSignal;
  /** Shows how far it is. */
  readonly progress: Progress;
}

/**
 * Probes a video, and refuses what could not be decoded before anything is made of it.
 *
 * @param job The input.
 * @param task What is wanted of it, and who stops and follows the work.
 * @returns The video.
 */
export async function probeSource(
  { input }: Job,
  { wanted, signal, progress }: ProbeTask,
): Promise<ProbedSource> {
  const onProgress = (state: ProbeProgress) => {
    // An input that is read ahead is not shown over the one that is worked on.
    if (isAtWork(progress.last)) return;
    progress.report({ ...state, item: input.shown });
  };
  const info = await probeVideo(input.path, {
    hdr: wanted.hdr === "error" ? "refuse" : wanted.hdr,
    signal,
    onProgress,
  });
  return { info, range: frameRange(info, wanted) };
}

function isAtWork(last: ProgressEvent | undefined): boolean {
  return last !== undefined && last.phase !== "probe" && last.done < (last.total ?? Infinity);
}
