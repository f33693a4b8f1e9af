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
 * ```ts ignore
 * import { ImageClassifier } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 *
 * using classifier = await ImageClassifier.load({ weights: await openModel("dinat-fashion") });
 * const [best] = await classifier.run(picture);
 * console.log(best.name, best.score);
 * ```
 */
export const ImageClassifier: ModelLoader<AnyImageClassifier> = dinat.kinds.classify;

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
export const Segmenter: ModelLoader<AnySegmenter> = dinat.kinds.semantic;

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
export const Detector: ModelLoader<AnyDetector> = dinat.kinds.detect2d;
