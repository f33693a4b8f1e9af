/** A clip to a larger one. */
import { memorySource } from "@vicinity/checkpoint";
import { Upscaler } from "@vicinity/simplegvr";
import { COLORS, type FrontDoor, picture } from "../front_door.ts";

const run: FrontDoor = async (bytesOf) => {
  const weights = memorySource(await bytesOf("models/simplegvr-mini-xs/model.safetensors"));
  using upscaler = await Upscaler.load({ weights });
  const frames = [0, 1, 2].map((shift) => picture(48, 32, shift));
  const large = await Array.fromAsync(
    upscaler.upscale(frames, { width: 48, height: 32, scale: 2 }),
  );
  return { values: large.flatMap(({ data }) => [...data]), tolerance: COLORS };
};
export default run;
