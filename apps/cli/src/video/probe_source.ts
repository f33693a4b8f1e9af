import { probeVideo, type VideoInfo } from "@vicinity/media";
import type { Job } from "../outputs.ts";
import { type FrameRange, frameRange, type WantedRange } from "./time_range.ts";

/** A video that can be worked on, and the part of it that is wanted. */
export interface ProbedSource {
  /** What is known of the file. */
  readonly info: VideoInfo;
  /** The frames that are wanted. */
  readonly range: FrameRange;
}

/**
 * Probes a video, and refuses what could not be decoded before anything is made of it.
 *
 * @param job The input.
 * @param wanted The part of it that is wanted.
 * @returns The video.
 */
export async function probeSource(job: Job, wanted: WantedRange): Promise<ProbedSource> {
  const info = await probeVideo(job.input.path, { refuseHdr: true });
  return { info, range: frameRange(info, wanted) };
}
