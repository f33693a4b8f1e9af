/**
 * Makes the README's picture: a photograph that was reduced to half, enlarged by bicubic resampling
 * on the left and by the default model on the right.
 *
 * @module
 */
import { chooseModel, openWeights } from "@vicinity/cli";
import { decodeImage, encodeImage, type RgbFrame, sideBySide } from "@vicinity/media";
import { Upscaler } from "@vicinity/simplegvr";
import { pillowResize } from "@vicinity/vision";

const PHOTO = new URL("../fixtures/pictures/launch-pad.png", import.meta.url);
const TARGET = new URL("../docs/upscale.png", import.meta.url);
const SCALE = 2;

const decoded = await decodeImage(await Deno.readFile(PHOTO));
const photo: RgbFrame = {
  width: decoded.width,
  height: decoded.height,
  data: Uint8Array.from(decoded.data),
};
const small = pillowResize(photo, photo.width / SCALE, photo.height / SCALE);

using weights = await openWeights(chooseModel("upscale", undefined, undefined));
using upscaler = await Upscaler.load({ weights: weights.source });
const enlarge = (picture: RgbFrame) =>
  upscaler.upscale([picture], {
    width: picture.width,
    height: picture.height,
    frames: 1,
    scale: SCALE,
  });
for await (const sharp of enlarge(small)) {
  const both = sideBySide(pillowResize(small, photo.width, photo.height), sharp, {
    labels: ["bicubic", "Vicinity"],
  });
  await Deno.writeFile(
    TARGET,
    await encodeImage({ ...both, channels: 3, depth: 8 }, { format: "png" }),
  );
}
