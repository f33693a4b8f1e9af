/** Pictures to labels, boxes and names. */
import { memorySource } from "@vicinity/checkpoint";
import { Detector, ImageClassifier, Segmenter } from "@vicinity/dinat";
import { type FrontDoor, NUMBERS, picture } from "../front_door.ts";

const run: FrontDoor = async (bytesOf) => {
  const weightsOf = async (model: string) =>
    memorySource(await bytesOf(`models/${model}/model.safetensors`));
  using segmenter = await Segmenter.load({ weights: await weightsOf("dinat-sky-animal") });
  using detector = await Detector.load({ weights: await weightsOf("dinat-animal-boxes") });
  using classifier = await ImageClassifier.load({ weights: await weightsOf("dinat-fashion") });
  const scene = picture(96, 64);
  const { probabilities = [] } = await segmenter.run(scene, { probabilities: true });
  const things = await detector.run(scene);
  const names = await classifier.run(scene, { top: classifier.classes.length });
  return {
    values: [
      ...probabilities,
      ...things.flatMap(({ classId, score }) => [classId, score]),
      ...names.toSorted((a, b) => a.id - b.id).map(({ score }) => score),
    ],
    tolerance: NUMBERS,
  };
};
export default run;
