import { choice, flag, number, type Option, text } from "@vicinity/cli";
import { type Place, readPlace } from "./time_range.ts";
import { readSize, type Wanted } from "./target_size.ts";

function place(help: string): Option<Place | undefined> {
  return { help, value: "<time>", default: undefined, read: readPlace };
}

/** What `upscale` can be told beside the common options. */
export const UPSCALE_OPTIONS = {
  scale: number({
    short: "s",
    min: 1,
    max: 4,
    default: 2,
    help: "factor, 1 to 4, also such as 2.5",
  }),
  size: {
    value: "<w>x<h>",
    help: "size instead of a factor; -1 for one side keeps the shape",
    default: undefined,
    read: readSize,
  } as Option<Wanted | undefined>,
  mode: choice({
    of: ["fidelity", "detail"],
    default: "fidelity",
    help: "keep to what is there, or draw likely detail",
  }),
  seed: number({ whole: true, min: 0, max: 2 ** 32 - 1, default: 0, help: "of the drawn detail" }),
  compare: flag({ help: "write a side-by-side with bicubic too" }),
  tile: number({
    whole: true,
    min: 16,
    default: undefined,
    help: "work in squares of so many pixels of the result",
    shown: "as large as fits",
  }),
  format: choice({
    of: ["auto", "same", "png", "jpg", "webp", "avif"],
    default: "auto",
    help: "of pictures; auto goes by the name given with -o, else png",
  }),
  quality: number({
    whole: true,
    min: 1,
    max: 100,
    default: undefined,
    help: "of jpg, webp and avif",
    shown: "95, avif 80",
  }),
  alpha: choice({
    of: ["model", "bicubic", "drop"],
    default: "model",
    help: "how transparency is enlarged",
  }),
  "keep-metadata": flag({ default: true, help: "do not carry EXIF, XMP and colour profile over" }),
  start: place("first frame of a video: 12.5, 0:12.5 or frame 300f"),
  end: place("first frame after the part that is wanted"),
  frames: number({
    whole: true,
    min: 1,
    default: undefined,
    help: "at most so many",
    shown: "all",
  }),
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
