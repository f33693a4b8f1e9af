/** The package's way in: model files in, classifiers, segmenters and detectors out. */
import { loadNetwork, readCheckpoint } from "@vicinity/checkpoint";
import {
  Detector,
  ImageClassifier,
  type ModelOptions,
  recordedTwoStage,
  Segmenter,
} from "@vicinity/vision";
import { TwoStageDinat, UperNetDinat } from "./dense.ts";
import { describeClassifier, describeDetector, describeSegmenter } from "./describe.ts";
import { Classifier } from "./model.ts";
import { fromTransformers, hasTransformersNames } from "./transformers_names.ts";

/**
 * Loads a classifier.
 *
 * @param options The model file, its name such as `dinat-mini`, and where it runs. Files with the key
 * names of transformers are read too.
 * @returns The classifier; dispose it.
 * @throws {CheckpointError} If the file is damaged or of another network.
 * @throws {GpuUnavailableError} If there is no WebGPU adapter.
 *
 * @example
 * ```ts ignore
 * import { loadClassifier } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 *
 * using classifier = await loadClassifier({ weights: await openModel("dinat-fashion") });
 * const [best] = await classifier.run(picture);
 * console.log(best.name, best.score);
 * ```
 */
export async function loadClassifier(options: ModelOptions): Promise<ImageClassifier> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeClassifier(checkpoint, options.model);
  const weights = hasTransformersNames(checkpoint) ? fromTransformers(checkpoint) : checkpoint;
  const loaded = await loadNetwork(
    weights,
    (parameters, store) => new Classifier(parameters, store, facts.backbone, facts.classes.length),
    options,
  );
  return new ImageClassifier(loaded, (x) => loaded.network.forward(x).logits, facts);
}

/**
 * Loads a segmenter.
 *
 * @param options The model file, its name such as `upernet-dinat-mini`, and where it runs.
 * @returns The segmenter; dispose it.
 * @throws {CheckpointError} If the file is damaged or of another network.
 * @throws {GpuUnavailableError} If there is no WebGPU adapter.
 *
 * @example
 * ```ts ignore
 * import { loadSegmenter } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 *
 * using segmenter = await loadSegmenter({ weights: await openModel("dinat-sky-animal") });
 * const { labels } = await segmenter.run(picture);
 * console.log(segmenter.classes[labels[0]].name);
 * ```
 */
export async function loadSegmenter(options: ModelOptions): Promise<Segmenter> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeSegmenter(checkpoint, options.model);
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new UperNetDinat(parameters, store, facts.network),
    options,
  );
  return new Segmenter(loaded, (x) => loaded.network.forward(x).logits, facts);
}

/**
 * Loads a detector.
 *
 * @param options The model file, its name such as `mask_rcnn-dinat-mini`, and where it runs.
 * @returns The detector; dispose it.
 * @throws {CheckpointError} If the file is damaged or of another network.
 * @throws {GpuUnavailableError} If there is no WebGPU adapter.
 *
 * @example
 * ```ts ignore
 * import { loadDetector } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 * import { pasteMask } from "@vicinity/vision";
 *
 * using detector = await loadDetector({ weights: await openModel("dinat-fashion-parts") });
 * for (const { classId, score, box, mask } of await detector.run(picture)) {
 *   const outline = mask && pasteMask(mask, box, picture, detector.maskThreshold);
 *   console.log(detector.classes[classId].name, score, box, outline);
 * }
 * ```
 */
export async function loadDetector(options: ModelOptions): Promise<Detector> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeDetector(checkpoint, options.model);
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new TwoStageDinat(parameters, store, facts.network),
    options,
  );
  return new Detector(loaded, {
    maskThreshold: facts.network.detector.mask?.threshold ?? 0.5,
    record: (x, frame) => recordedTwoStage(loaded.network.forward(x, frame)),
  }, facts);
}
