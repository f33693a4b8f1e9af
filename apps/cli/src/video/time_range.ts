import { CliError } from "../errors.ts";
import type { VideoInfo } from "@vicinity/media";

/** A place in a video: seconds from its first frame, or a frame number. */
export type Place = { readonly seconds: number } | { readonly frame: number };

/** The part of a video that is wanted. */
export interface WantedRange {
  /** Where it begins; the first frame when absent. */
  readonly start: Place | undefined;
  /** The first frame after it; none when absent. */
  readonly end: Place | undefined;
  /** At most so many frames. */
  readonly frames: number | undefined;
}

/** Frames of a video, by number. */
export interface FrameRange {
  /** First frame. */
  readonly start: number;
  /** First frame after the range. */
  readonly end: number;
}

/**
 * Reads the value of `--start` or `--end`.
 *
 * @param text Seconds (`12.5`), a clock (`0:12.5`, `00:00:12.5`), or a frame number (`120f`).
 * @returns The place.
 */
export function readPlace(text: string): Place {
  const frame = /^(\d+)f$/.exec(text)?.[1];
  if (frame !== undefined) return { frame: Number(frame) };
  const [, hours = "0", minutes = "0", seconds] =
    /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (seconds === undefined) throw new Error("must be a time (12.5, 0:12.5) or a frame (120f)");
  return { seconds: (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds) };
}

/**
 * Finds the frames of a range.
 *
 * @param info The video.
 * @param wanted The range.
 * @returns At least one frame.
 * @throws {CliError} `VIDEO_OPTIONS` when the range has no frame.
 */
export function frameRange(
  info: Pick<VideoInfo, "frames" | "times" | "duration">,
  wanted: WantedRange,
): FrameRange {
  const start = wanted.start === undefined ? 0 : frameAt(info, wanted.start);
  const last = wanted.end === undefined ? info.frames : frameAt(info, wanted.end);
  const end = Math.min(info.frames, last, start + (wanted.frames ?? Infinity));
  if (start < end) return { start, end };
  const length = info.duration.toFixed(2);
  throw new CliError(
    "VIDEO_OPTIONS",
    `--start and --end leave no frame: the video has ${info.frames} frames in ${length} s`,
    { hint: "choose a range inside the video" },
  );
}

/** The first frame that is shown at or after a place; half a microsecond forgives rounding. */
function frameAt(info: Pick<VideoInfo, "frames" | "times">, place: Place): number {
  if ("frame" in place) return place.frame;
  const begin = info.times[0] ?? 0;
  const index = info.times.findIndex((time) => time - begin >= place.seconds - 5e-7);
  return index === -1 ? info.frames : index;
}
