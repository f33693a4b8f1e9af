/**
 * Makes the README's pictures: a photograph that was reduced to half, enlarged by bicubic resampling
 * on the left and by the default model on the right; a photograph beside what the default
 * segmenter sees in it; and a street scan from above with what the default detector finds in it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { chooseModel, openWeights, runCommand } from "@vicinity/cli";
import { detectCommand } from "@vicinity/detect";
import { Segmenter } from "@vicinity/dinat";
import {
  decodeImage,
  encodeImage,
  overlayClasses,
  type RgbFrame,
  sideBySide,
  toRgb,
} from "@vicinity/media";
import { Upscaler } from "@vicinity/simplegvr";
import { pillowResize } from "@vicinity/vision";
import { readArguments } from "./arguments.ts";

const SCALE = 2;

async function photo(name: string): Promise<RgbFrame> {
  const file = new URL(`../fixtures/pictures/${name}`, import.meta.url);
  return toRgb(await decodeImage(await Deno.readFile(file)));
}

async function write(name: string, picture: RgbFrame): Promise<void> {
  const bytes = await encodeImage({ ...picture, channels: 3, depth: 8 }, { format: "png" });
  await Deno.writeFile(new URL(`../docs/${name}`, import.meta.url), bytes);
}

async function upscale(): Promise<void> {
  const original = await photo("launch-pad.png");
  const { width, height } = original;
  const small = pillowResize(original, width / SCALE, height / SCALE);
  using weights = await openWeights(chooseModel(["upscale"]));
  using upscaler = await Upscaler.load({ weights: weights.source });
  const options = { width: small.width, height: small.height, frames: 1, scale: SCALE };
  for await (const sharp of upscaler.upscale([small], options)) {
    const plain = pillowResize(small, width, height);
    await write("upscale.png", sideBySide(plain, sharp, { labels: ["bicubic", "Vicinity"] }));
  }
}

async function segment(): Promise<void> {
  using weights = await openWeights(chooseModel(["semantic"]));
  using segmenter = await Segmenter.load({ weights: weights.source });
  const picture = await photo("hills.jpg");
  const { labels } = await segmenter.run(picture);
  const painted = overlayClasses(picture, labels, segmenter.classes, { opacity: 0.5 });
  await write("segment.png", sideBySide(picture, painted));
}

/** How far the scan reaches, in metres. */
const STREET_RANGE = 24;

async function detect(): Promise<void> {
  const scan = fileURLToPath(new URL("../fixtures/lidar/street.bin", import.meta.url));
  const target = fileURLToPath(new URL("../docs/detect.png", import.meta.url));
  const args = [scan, "--save", "bev", "-o", target, "--overwrite"];
  const look = ["--bev-range", `${STREET_RANGE}`, "--bev-res", "0.05"];
  const code = await runCommand(detectCommand, [...args, ...look]);
  if (code !== 0) Deno.exit(code);
}

readArguments(
  `deno task pictures

Makes the README's pictures anew.`,
  {},
);
await upscale();
await segment();
await detect();
