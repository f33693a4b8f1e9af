/** The package's way in: model files in, classifiers, segmenters and detectors out. */
import { loadNetwork, readCheckpoint } from "@vicinity/checkpoint";
import {
  Detector as AnyDetector,
  ImageClassifier as AnyImageClassifier,
  type ModelLoader,
  type ModelOptions,
  recordedTwoStage,
  Segmenter as AnySegmenter,
} from "@vicinity/vision";
import { TwoStageDinat, UperNetDinat } from "./dense.ts";
import { describeClassifier, describeDetector, describeSegmenter } from "./describe.ts";
import { Classifier } from "./model.ts";
import { fromTransformers, hasTransformersNames } from "./transformers_names.ts";

/** A classifier that ImageClassifier.load gives. */
export type ImageClassifier = AnyImageClassifier;

/**
 * Loads classifiers; official files need the name of what they are, such as `dinat-mini`; the key names of transformers are read too.
 *
 * @example
 * ```ts ignore
 * import { ImageClassifier } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 *
 * using classifier = await ImageClassifier.load({ weights: await openModel("dinat-fashion") });
 * const [best] = await classifier.run(picture);
 * console.log(best.name, best.score);
 * ```
 */
export const ImageClassifier: ModelLoader<AnyImageClassifier> = { load: loadClassifier };

async function loadClassifier(options: ModelOptions): Promise<AnyImageClassifier> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeClassifier(checkpoint, options.model);
  const weights = hasTransformersNames(checkpoint) ? fromTransformers(checkpoint) : checkpoint;
  const loaded = await loadNetwork(
    weights,
    (parameters, store) => new Classifier(parameters, store, facts.backbone, facts.classes.length),
    options,
  );
  return new AnyImageClassifier(loaded, (x) => loaded.network.forward(x).logits, facts);
}

/** A segmenter that Segmenter.load gives. */
export type Segmenter = AnySegmenter;

/**
 * Loads segmenters; official files need the name of what they are, such as `upernet-dinat-mini`.
 *
 * @example
 * ```ts ignore
 * import { Segmenter } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 *
 * using segmenter = await Segmenter.load({ weights: await openModel("dinat-sky-animal") });
 * const { labels } = await segmenter.run(picture);
 * console.log(segmenter.classes[labels[0]].name);
 * ```
 */
export const Segmenter: ModelLoader<AnySegmenter> = { load: loadSegmenter };

async function loadSegmenter(options: ModelOptions): Promise<AnySegmenter> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeSegmenter(checkpoint, options.model);
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new UperNetDinat(parameters, store, facts.network),
    options,
  );
  return new AnySegmenter(loaded, (x) => loaded.network.forward(x).logits, facts);
}

/** A detector that Detector.load gives. */
export type Detector = AnyDetector;

/**
 * Loads detectors; official files need the name of what they are, such as `mask_rcnn-dinat-mini`.
 *
 * @example
 * ```ts ignore
 * import { Detector } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 * import { pasteMask } from "@vicinity/vision";
 *
 * using detector = await Detector.load({ weights: await openModel("dinat-fashion-parts") });
 * for (const { classId, score, box, mask } of await detector.run(picture)) {
 *   const outline = mask && pasteMask(mask, box, picture, detector.maskThreshold);
 *   console.log(detector.classes[classId].name, score, box, outline);
 * }
 * ```
 */
export const Detector: ModelLoader<AnyDetector> = { load: loadDetector };

async function loadDetector(options: ModelOptions): Promise<AnyDetector> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeDetector(checkpoint, options.model);
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new TwoStageDinat(parameters, store, facts.network),
    options,
  );
  return new AnyDetector(loaded, {
    maskThreshold: facts.network.detector.mask?.threshold ?? 0.5,
    record: (x, frame) => recordedTwoStage(loaded.network.forward(x, frame)),
  }, facts);
}
