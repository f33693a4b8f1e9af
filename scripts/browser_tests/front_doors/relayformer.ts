/** A picture and a clip to the probability of every pixel. */
import { memorySource } from "@vicinity/checkpoint";
import { ForgeryLocalizer } from "@vicinity/relayformer";
import { type FrontDoor, NUMBERS, picture } from "../front_door.ts";

const run: FrontDoor = async (bytesOf) => {
  const weights = memorySource(await bytesOf("models/relayformer-mini/model.safetensors"));
  using localizer = await ForgeryLocalizer.load({ weights });
  const still = await localizer.run(picture(96, 64));
  const clip = await Array.fromAsync(
    localizer.stream([0, 3].map((shift) => picture(96, 64, shift))),
  );
  const values = [still, ...clip].flatMap(({ probabilities, score }) => [...probabilities, score]);
  return { values, tolerance: NUMBERS };
};
export default run;
