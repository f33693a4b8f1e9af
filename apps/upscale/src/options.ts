import { choice, flag, list, number, type Option, text, VIDEO_OPTIONS } from "@vicinity/cli";
import type { Color, Rational } from "@vicinity/media";
import { readColor, WHITE } from "./color.ts";
import { readRate } from "./video/sequence/rate.ts";
import { readSize, type Wanted } from "./target_size.ts";

/** Sides from which tiles are worth their borders. */
const LEAST_TILE = 16;

function readTile(text: string): number {
  const side = /^\d+$/.test(text) ? Number(text) : NaN;
  if (side === 0 || side >= LEAST_TILE) return side;
  throw new Error(`must be 0 or a whole number from ${LEAST_TILE}`);
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
  steps: number({
    whole: true,
    min: 1,
    max: 100,
    default: undefined,
    help: "of --mode detail: steps of the sampling",
    shown: "4",
  }),
  noise: number({
    min: 0,
    max: 1,
    default: undefined,
    help: "of --mode detail: share of noise that makes room for detail",
    shown: "0.35",
  }),
  seed: number({ whole: true, min: 0, max: 2 ** 32 - 1, default: 0, help: "of the drawn detail" }),
  save: list({
    help: "results: result, compare (a side-by-side with bicubic); none for only --json",
    shown: "result",
  }),
  compare: flag({ help: "write the side-by-side too" }),
  tile: {
    value: "<n>",
    help:
      "decode in squares of so many pixels of the result, which changes nothing but the memory; " +
      "0 for the whole frame in one pass",
    default: undefined,
    shown: "as large as fits",
    read: readTile,
  } as Option<number | undefined>,
  window: number({
    whole: true,
    min: 1,
    default: undefined,
    help: "frames that are looked at together, at most as many as the model knows",
    shown: "the model's",
  }),
  format: choice({
    of: ["auto", "same", "png", "jpg", "webp", "avif", "tiff"],
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
  background: {
    value: "<color>",
    help: "what is put behind transparency where a result has none, such as #202020",
    default: WHITE,
    shown: "white",
    read: readColor,
  } as Option<Color>,
  "keep-metadata": flag({ default: true, help: "do not carry EXIF, XMP and colour profile over" }),
  fps: {
    value: "<rate>",
    help: "make a video of the pictures of a folder, at 24, 29.97 or 30000/1001 frames a second",
    default: undefined,
    read: readRate,
  } as Option<Rational | undefined>,
  resume: flag({ help: "keep finished parts of a video, and go on from those that are there" }),
  restart: flag({ help: "like --resume, but throw away the parts that are there" }),
  ...VIDEO_OPTIONS,
  hdr: choice({
    of: ["error", "tonemap", "keep"],
    default: "error",
    help: "of PQ and HLG: refuse them, bring them to standard dynamic range, or keep them",
  }),
  "pix-fmt": text({
    value: "<name>",
    help: "pixel format of the video; same keeps the input's",
    shown: "yuv420p with the input's bits",
  }),
} as const;

const NO_TEXT = "the networks take no text: --mode detail draws what the frames suggest";

/** Why there are no options that other programs have. */
export const ABSENT_OPTIONS = {
  overlap:
    "tiles see as much of their surroundings as they need, so that no seam has to be blended",
  prompt: NO_TEXT,
  "negative-prompt": NO_TEXT,
  guidance: NO_TEXT,
} as const;
