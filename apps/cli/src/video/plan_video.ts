import {
  containerDefaults,
  containerOf,
  type EncoderOptions,
  type KeptStream,
  keptStreams,
  type TimingSource,
  type VideoContainer,
} from "@vicinity/media";

/** What is decided about the streams of a video before it is written. */
export interface VideoPlan {
  /** Frames. */
  readonly frames: number;
  /** Frames a second, such as `25` or `30000/1001`; `variable` where each has a time of its own. */
  readonly rate: string;
  /** The container. */
  readonly container: VideoContainer;
  /** ffmpeg's encoder. */
  readonly codec: string;
  /** ffmpeg's pixel format. */
  readonly pixelFormat: string;
  /** What becomes of each sound: `aac, copied`, `pcm_s16le to aac`. */
  readonly audio: readonly string[];
  /** What becomes of each subtitle. */
  readonly subtitles: readonly string[];
}

/**
 * Says what a `VideoWriter` with these options would write.
 *
 * @param times The video, or the rate of pictures, with the number of frames.
 * @param target The result.
 * @param options Settings of the encoder.
 * @returns What is decided.
 */
export function planVideo(
  { source, rate, frames }: TimingSource & { readonly frames: number },
  target: string,
  options: Partial<EncoderOptions>,
): VideoPlan {
  const container = containerOf(target);
  const { audio = "copy", subtitles = "copy", pixelFormat = "yuv420p" } = options;
  const kept = source && keptStreams(source, container, { audio, subtitles }, []);
  const constant = rate ?? source?.constantRate ?? undefined;
  return {
    frames,
    rate: constant === undefined
      ? "variable"
      : constant.den === 1
      ? `${constant.num}`
      : `${constant.num}/${constant.den}`,
    container,
    codec: options.codec ?? containerDefaults(container).codec,
    pixelFormat,
    audio: (kept?.audio ?? []).map(fate),
    subtitles: (kept?.subtitles ?? []).map(fate),
  };
}

function fate({ stream, codec }: KeptStream): string {
  return codec === "copy" ? `${stream.codec}, copied` : `${stream.codec} to ${codec}`;
}
