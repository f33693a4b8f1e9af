import type { EncoderOptions, MediaWarning, SideStreamOptions, VideoInfo } from "@vicinity/media";
import { CliError } from "../errors.ts";
import { choice, flag, number, type Option, type OptionValues, text } from "../options.ts";
import { type Place, readPlace } from "./time_range.ts";

function place(help: string): Option<Place | undefined> {
  return { help, value: "<time>", default: undefined, read: readPlace };
}

/** The options of every command that writes videos. */
export const VIDEO_OPTIONS = {
  start: place("first frame of a video: 12.5, 0:12.5 or frame 300f"),
  end: place("first frame after the part that is wanted"),
  frames: number({
    whole: true,
    min: 1,
    default: undefined,
    help: "at most so many",
    shown: "all",
  }),
  deinterlace: choice({
    of: ["auto", "on", "off"],
    default: "auto",
    help: "make whole pictures of interlaced ones; auto goes by what the file says",
  }),
  hdr: choice({
    of: ["error", "tonemap"],
    default: "error",
    help: "of PQ and HLG: refuse them, or bring them to standard dynamic range",
  }),
  strict: flag({ help: "fail where frames of a damaged video are missing" }),
  audio: choice({ of: ["copy", "aac", "none"], default: "copy", help: "sound of a video" }),
  subs: choice({ of: ["copy", "none"], default: "copy", help: "subtitles of a video" }),
  codec: text({ value: "<name>", help: "ffmpeg's encoder", shown: "libx264, WebM libvpx-vp9" }),
  crf: number({ min: 0, max: 63, default: 16, help: "quality of the encoder, less is better" }),
  preset: text({ value: "<name>", help: "speed of the encoder", shown: "slow" }),
  "pix-fmt": text({
    value: "<name>",
    help: "pixel format of the video; same keeps the input's",
    shown: "yuv420p",
  }),
  "encoder-args": text({ value: "<words>", help: "more output arguments for ffmpeg" }),
} as const;

/** What the user chose, but for high dynamic range, of which commands have choices of their own. */
export type VideoValues = Omit<OptionValues<typeof VIDEO_OPTIONS>, "hdr">;

/**
 * What the options say of the streams beside the pictures.
 *
 * @param values Values of {@link VIDEO_OPTIONS}.
 * @returns The sound and the subtitles that are written.
 */
export function writtenStreams(values: VideoValues): SideStreamOptions {
  return { audio: values.audio, subtitles: values.subs };
}

/**
 * Refuses a video of which frames are missing, where the options say so.
 *
 * @param warnings What the decoder noticed, to its end.
 * @param values Values of {@link VIDEO_OPTIONS}.
 * @throws {CliError} `VIDEO_DAMAGED`.
 */
export function requireWhole(
  warnings: readonly MediaWarning[],
  values: VideoValues,
): void {
  const damage = warnings.find(({ code }) => code === "VIDEO_DAMAGED");
  if (!values.strict || damage === undefined) return;
  throw new CliError("VIDEO_DAMAGED", damage.message, {
    hint: "leave out --strict to keep the frames that there are",
  });
}

/**
 * What the options say to the encoder.
 *
 * @param values Values of {@link VIDEO_OPTIONS}.
 * @param info The source.
 * @returns Settings for a `VideoWriter`.
 */
export function encoderOptions(
  values: VideoValues,
  info: Pick<VideoInfo, "pixelFormat">,
): Partial<EncoderOptions> {
  const { codec, preset, "pix-fmt": pixelFormat, "encoder-args": more } = values;
  return {
    ...writtenStreams(values),
    crf: values.crf,
    ...(codec === undefined ? {} : { codec }),
    ...(preset === undefined ? {} : { preset }),
    ...(pixelFormat === undefined
      ? {}
      : { pixelFormat: pixelFormat === "same" ? info.pixelFormat : pixelFormat }),
    ...(more === undefined ? {} : { encoderArgs: more.split(/\s+/).filter((word) => word !== "") }),
  };
}
