/** The package's way in: model files in, classifiers, segmenters and detectors out. */
import { loadNetwork, readCheckpoint } from "@vicinity/checkpoint";
import {
  Detector as AnyDetector,
  ImageClassifier as AnyImageClassifier,
  type ModelLoader,
  type ModelOptions,
  recordedRetinaNet,
  recordedTwoStage,
  Segmenter as AnySegmenter,
} from "@vicinity/vision";
import { FavitMaskRcnn, FavitRetinaNet, SemanticFpnFavit } from "./dense.ts";
import { describeClassifier, describeDetector, describeSegmenter } from "./describe.ts";
import { FavitClassifier } from "./model.ts";

/** A classifier that ImageClassifier.load gives. */
export type ImageClassifier = AnyImageClassifier;

/**
 * Loads classifiers; official files need the name of what they are, such as `favit-b0`.
 *
 * @example
 * ```ts ignore
 * import { ImageClassifier } from "@vicinity/favit";
 * import { openCheckpoint } from "@vicinity/checkpoint/deno";
 *
 * using weights = await openCheckpoint("favit_b0.pth");
 * using classifier = await ImageClassifier.load({ weights, model: "favit-b0" });
 * const [best] = await classifier.run(picture);
 * ```
 */
export const ImageClassifier: ModelLoader<AnyImageClassifier> = { load: loadClassifier };

async function loadClassifier(options: ModelOptions): Promise<AnyImageClassifier> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeClassifier(checkpoint, options.model);
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) =>
      new FavitClassifier(parameters, store, facts.backbone, facts.classes.length),
    options,
  );
  return new AnyImageClassifier(loaded, (x) => loaded.network.forward(x).logits, facts);
}

/** A segmenter that Segmenter.load gives. */
export type Segmenter = AnySegmenter;

/**
 * Loads segmenters; official files need the name of what they are, such as `semantic_fpn-favit-b0`.
 */
export const Segmenter: ModelLoader<AnySegmenter> = { load: loadSegmenter };

async function loadSegmenter(options: ModelOptions): Promise<AnySegmenter> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeSegmenter(checkpoint, options.model);
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new SemanticFpnFavit(parameters, store, facts.network),
    options,
  );
  return new AnySegmenter(loaded, (x) => loaded.network.forward(x).logits, facts);
}

/** A detector that Detector.load gives. */
export type Detector = AnyDetector;

/**
 * Loads detectors; official files need the name of what they are, such as `retinanet-favit-b0`.
 */
export const Detector: ModelLoader<AnyDetector> = { load: loadDetector };

async function loadDetector(options: ModelOptions): Promise<AnyDetector> {
  const checkpoint = await readCheckpoint(options.weights);
  const { network, ...facts } = describeDetector(checkpoint, options.model);
  if ("retina" in network) {
    const loaded = await loadNetwork(
      checkpoint,
      (parameters, store) => new FavitRetinaNet(parameters, store, network),
      options,
    );
    return new AnyDetector(loaded, {
      maskThreshold: 1,
      record: (x) => recordedRetinaNet(loaded.network.forward(x), network.retina),
    }, facts);
  }
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new FavitMaskRcnn(parameters, store, network),
    options,
  );
  return new AnyDetector(loaded, {
    maskThreshold: network.detector.mask?.threshold ?? 0.5,
    record: (x, frame) => recordedTwoStage(loaded.network.forward(x, frame)),
  }, facts);
}
