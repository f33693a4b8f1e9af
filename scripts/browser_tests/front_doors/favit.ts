/** A picture to names, by an official form of file with seeded weights. */
import { memorySource, type TensorToWrite, writeSafetensors } from "@vicinity/checkpoint";
import { ImageClassifier } from "@vicinity/favit";
import { seededWeights } from "../../../packages/vision/src/testing/seeded_weights.ts";
import { type FrontDoor, NUMBERS, picture } from "../front_door.ts";

const KEYS = "fixtures/golden/favit/keys/favit_b0.json";

async function officialFile(keys: Uint8Array): Promise<Uint8Array> {
  const shapes: Record<string, number[]> = JSON.parse(new TextDecoder().decode(keys));
  const formula = seededWeights();
  const tensors: TensorToWrite[] = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const values = await formula.find(name, shape)?.float32();
    if (values !== undefined) tensors.push({ name, dtype: "F32", shape, values });
  }
  return writeSafetensors(tensors);
}

const run: FrontDoor = async (bytesOf) => {
  const weights = memorySource(await officialFile(await bytesOf(KEYS)));
  using classifier = await ImageClassifier.load({ weights, model: "favit-b0" });
  const names = await classifier.run(picture(96, 64), { top: classifier.classes.length });
  const values = names.toSorted((a, b) => a.id - b.id).map(({ score }) => score);
  return { values, tolerance: NUMBERS };
};
export default run;
