/** A picture to names, from a file of the official form with weights from a formula. */
import { memorySource, type TensorToWrite, writeSafetensors } from "@vicinity/checkpoint";
import { ImageClassifier } from "@vicinity/favit";
import { type FrontDoor, NUMBERS, picture } from "../front_door.ts";

const KEYS = "fixtures/golden/favit/keys/favit_b0.json";

/** Values that keep the size of what passes through the layers. */
function valuesOf(key: string, shape: readonly number[]): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  const gain = shape.length === 1 && key.endsWith("weight") ? 1 : 0;
  const spread = shape.length === 1 ? 0.2 : 1.7 / Math.sqrt(count / (shape[0] ?? 1));
  const phase = [...key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 1);
  return Float32Array.from(
    { length: count },
    (_, at) => gain + spread * Math.sin(phase + 12.9898 * at + 0.001 * at * at),
  );
}

function officialFile(keys: Uint8Array): Uint8Array {
  const shapes: Record<string, number[]> = JSON.parse(new TextDecoder().decode(keys));
  const tensors = Object.entries(shapes).map(([name, shape]): TensorToWrite => ({
    name,
    dtype: "F32",
    shape,
    values: valuesOf(name, shape),
  }));
  return writeSafetensors(tensors);
}

const run: FrontDoor = async (bytesOf) => {
  const weights = memorySource(officialFile(await bytesOf(KEYS)));
  using classifier = await ImageClassifier.load({ weights, model: "favit-b0" });
  const names = await classifier.run(picture(96, 64), { top: classifier.classes.length });
  const values = names.toSorted((a, b) => a.id - b.id).map(({ score }) => score);
  return { values, tolerance: NUMBERS };
};
export default run;
