/** The package's way in: model files in, classifiers, segmenters and detectors out. */
import type {
  Detector as AnyDetector,
  ImageClassifier as AnyImageClassifier,
  ModelLoader,
  Segmenter as AnySegmenter,
} from "@vicinity/vision";
import { dinat } from "./package.ts";

/** A classifier that ImageClassifier.load gives. */
export type ImageClassifier = AnyImageClassifier;

/**
 * Loads classifiers; official files need the name of what they are, such as `dinat-mini`.
 *
 * @example
 * ```ts
 * import { findModel } from "@vicinity/checkpoint";
 * import { openModel } from "@vicinity/checkpoint/deno";
 * import { ImageClassifier } from "@vicinity/dinat";
 * import type { RgbPicture } from "@vicinity/vision";
 *
 * async function nameOf(picture: RgbPicture) {
 *   using weights = await openModel(findModel("dinat-fashion"));
 *   using classifier = await ImageClassifier.load({ weights });
 *   const [best] = await classifier.run(picture);
 *   return best?.name;
 * }
 * ```
 */
export const ImageClassifier: ModelLoader<AnyImageClassifier> = dinat.kinds.classify;

/** A segmenter that Segmenter.load gives. */
export type Segmenter = AnySegmenter;

/**
 * Loads segmenters; official files need the name of what they are, such as `upernet-dinat-mini`.
 *
 * @example
 * ```ts
 * import { findModel } from "@vicinity/checkpoint";
 * import { openModel } from "@vicinity/checkpoint/deno";
 * import { Segmenter } from "@vicinity/dinat";
 * import type { RgbPicture } from "@vicinity/vision";
 *
 * async function firstPixel(picture: RgbPicture) {
 *   using weights = await openModel(findModel("dinat-sky-animal"));
 *   using segmenter = await Segmenter.load({ weights });
 *   const { labels } = await segmenter.run(picture);
 *   return segmenter.classes[labels[0] ?? 0]?.name;
 * }
 * ```
 */
export const Segmenter: ModelLoader<AnySegmenter> = dinat.kinds.semantic;

/** A detector that Detector.load gives. */
export type Detector = AnyDetector;

/**
 * Loads detectors; official files need the name of what they are, such as `mask_rcnn-dinat-mini`.
 *
 * @example
 * ```ts
 * import { findModel } from "@vicinity/checkpoint";
 * import { openModel } from "@vicinity/checkpoint/deno";
 * import { Detector } from "@vicinity/dinat";
 * import { pasteMask, type RgbPicture } from "@vicinity/vision";
 *
 * async function things(picture: RgbPicture) {
 *   using weights = await openModel(findModel("dinat-animal-boxes"));
 *   using detector = await Detector.load({ weights });
 *   return (await detector.run(picture)).map(({ classId, score, box, mask }) => ({
 *     name: detector.classes[classId]?.name,
 *     score,
 *     outline: mask && pasteMask(mask, box, picture, detector.maskThreshold),
 *   }));
 * }
 * ```
 */
export const Detector: ModelLoader<AnyDetector> = dinat.kinds.detect2d;
