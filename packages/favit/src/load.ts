/** The package's way in: model files in, classifiers, segmenters and detectors out. */
import type {
  Detector as AnyDetector,
  ImageClassifier as AnyImageClassifier,
  ModelLoader,
  Segmenter as AnySegmenter,
} from "@vicinity/vision";
import { favit } from "./package.ts";

/** A classifier that ImageClassifier.load gives. */
export type ImageClassifier = AnyImageClassifier;

/**
 * Loads classifiers; official files need the name of what they are, such as `favit-b0`.
 *
 * @example
 * ```ts
 * import { openCheckpoint } from "@vicinity/checkpoint/deno";
 * import { ImageClassifier } from "@vicinity/favit";
 * import type { RgbPicture } from "@vicinity/vision";
 *
 * async function nameOf(picture: RgbPicture) {
 *   using weights = await openCheckpoint("favit_b0.pth");
 *   using classifier = await ImageClassifier.load({ weights, model: "favit-b0" });
 *   const [best] = await classifier.run(picture);
 *   return best?.name;
 * }
 * ```
 */
export const ImageClassifier: ModelLoader<AnyImageClassifier> = favit.kinds.classify;

/** A segmenter that Segmenter.load gives. */
export type Segmenter = AnySegmenter;

/**
 * Loads segmenters; official files need the name of what they are, such as `semantic_fpn-favit-b0`.
 */
export const Segmenter: ModelLoader<AnySegmenter> = favit.kinds.semantic;

/** A detector that Detector.load gives. */
export type Detector = AnyDetector;

/**
 * Loads detectors; official files need the name of what they are, such as `retinanet-favit-b0`.
 */
export const Detector: ModelLoader<AnyDetector> = favit.kinds.detect2d;
