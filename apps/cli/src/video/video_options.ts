import {
  encoderFormats,
  type EncoderOptions,
  type MediaWarning,
  nearestPixelFormat,
  type SideStreamOptions,
  type VideoInfo,
} from "@vicinity/media";
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
 * @param path The result, whose ending tells its container.
 * @returns Settings for a `VideoWriter`.
 * @throws {CliError} `USAGE` when the encoder does not take the pixel format.
 */
export async function encoderOptions(
  values: VideoValues,
  info: Pick<VideoInfo, "pixelFormat">,
  path: string,
): Promise<Partial<EncoderOptions>> {
  const { codec, preset, "encoder-args": more } = values;
  const pixelFormat = await pixelFormatOf(values, info, path);
  return {
    ...writtenStreams(values),
    crf: values.crf,
    ...(codec === undefined ? {} : { codec }),
    ...(preset === undefined ? {} : { preset }),
    ...(pixelFormat === undefined ? {} : { pixelFormat }),
    ...(more === undefined ? {} : { encoderArgs: more.split(/\s+/).filter((word) => word !== "") }),
  };
}

/**
 * What `--pix-fmt` means for an encoder. ffmpeg would put another format in the place of one that the
 * encoder lacks.
 */
async function pixelFormatOf(
  { codec: asked, "pix-fmt": wanted }: VideoValues,
  info: Pick<VideoInfo, "pixelFormat">,
  path: string,
): Promise<string | undefined> {
  const target = { path, codec: asked };
  if (wanted === undefined) return undefined;
  if (wanted === "same") return await nearestPixelFormat(target, info.pixelFormat);
  const { codec, pixelFormats } = await encoderFormats(target);
  if (pixelFormats.length === 0 || pixelFormats.includes(wanted)) return wanted;
  throw new CliError("USAGE", `--pix-fmt ${wanted}: the encoder ${codec} has no such format`, {
    hint: `it takes ${pixelFormats.join(", ")}`,
  });
}
