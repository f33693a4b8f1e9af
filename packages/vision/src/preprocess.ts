/** From a photograph to what the networks take. */
import { cvResize } from "./cv_resize.ts";
import { pillowResize, pillowResizePart, type RgbPicture } from "./pillow_resize.ts";
import { IMAGENET, networkInput } from "./semantic/network_input.ts";
import { type Extent, fittedSize } from "./semantic/views.ts";

/** Mean and standard deviation of ImageNet, of values from 0 to 1. */
const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;

/** A normalised picture. */
export interface NetworkInput {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** `[height, width, 3]`. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** Options of {@link preprocessClassification}. */
export interface ClassificationOptions {
  /** Side of the square that the network takes. */
  readonly imageSize: number;
  /** Part of the resized picture's shorter side that the crop keeps. */
  readonly cropShare: number;
}

/**
 * The evaluation transform of timm 0.5: shorter side by Pillow's bicubic, centre crop, ImageNet
 * statistics.
 *
 * @param picture The photograph.
 * @param options Sizes, of the variant.
 * @returns The square.
 */
export function preprocessClassification(
  picture: RgbPicture,
  { imageSize, cropShare }: ClassificationOptions,
): NetworkInput {
  const short = Math.floor(imageSize / cropShare);
  const { width, height } = picture;
  const [wide, high] = width <= height
    ? [short, Math.trunc(short * height / width)]
    : [Math.trunc(short * width / height), short];
  const { data } = pillowResizePart(picture, [wide, high], {
    left: halfToEven((wide - imageSize) / 2),
    top: halfToEven((high - imageSize) / 2),
    width: imageSize,
    height: imageSize,
  });
  const values = Float32Array.from(data, (byte, at) => {
    const unit = Math.fround(byte / 255);
    return (unit - Math.fround(MEAN[at % 3] ?? 0)) / Math.fround(STD[at % 3] ?? 1);
  });
  return { width: imageSize, height: imageSize, values };
}

/** Options of {@link preprocessDense}. */
export interface DenseOptions {
  /** Most pixels of the longer side. */
  readonly longest: number;
  /** Most pixels of the shorter side. */
  readonly shortest: number;
  /** Zeros at the right and bottom up to a multiple of this. */
  readonly divisor: number;
}

/** A picture for dense tasks, with its size before the zeros. */
export interface DenseInput extends NetworkInput {
  /** Rows and columns that show the picture. */
  readonly resized: readonly [number, number];
}

/**
 * The size of what {@link preprocessDense} makes of a photograph.
 *
 * @param photo Rows and columns of the photograph.
 * @param options Sizes.
 * @returns Rows and columns with the zeros.
 */
export function denseExtent(photo: Extent, { longest, shortest, divisor }: DenseOptions): Extent {
  return padded(fittedSize(photo, longest, shortest), divisor);
}

/**
 * The test transform of mmdetection and mmsegmentation: the largest size that keeps the proportions,
 * by OpenCV's bilinear rule, ImageNet statistics, zeros at the right and bottom.
 *
 * @param picture The photograph, RGB.
 * @param options Sizes.
 * @returns The picture.
 */
export function preprocessDense(picture: RgbPicture, options: DenseOptions): DenseInput {
  const { longest, shortest, divisor } = options;
  const size = fittedSize([picture.height, picture.width], longest, shortest);
  const resized = cvResize(picture, size[1], size[0]);
  return { ...normalised(resized, divisor), resized: size };
}

/** A picture for detection. */
export interface DetectionInput extends DenseInput {
  /** Factors from the photograph to the picture for x1, y1, x2, y2; sizes are whole pixels. */
  readonly scaleFactor: readonly [number, number, number, number];
}

/**
 * The test transform of mmdetection with what is needed to bring boxes back.
 *
 * @param picture The photograph, RGB.
 * @param options Sizes.
 * @returns The picture.
 */
export function preprocessDetection(picture: RgbPicture, options: DenseOptions): DetectionInput {
  const input = preprocessDense(picture, options);
  const [high, wide] = input.resized;
  const [x, y] = [wide / picture.width, high / picture.height];
  return { ...input, scaleFactor: [x, y, x, y] };
}

/**
 * The test transform of detectron2: `ResizeShortestEdge` by Pillow's bilinear rule, ImageNet
 * statistics, zeros at the right and bottom.
 *
 * @param picture The photograph, RGB.
 * @param options Sizes; the longer side gives way.
 * @returns The picture.
 */
export function preprocessShortestEdge(picture: RgbPicture, options: DenseOptions): DenseInput {
  const { longest, shortest, divisor } = options;
  const sides = [picture.height, picture.width] as const;
  const scale = shortest / Math.min(...sides);
  const wanted = sides.map((side) => side * scale);
  const shrink = Math.min(1, longest / Math.max(...wanted));
  const [high, wide] = wanted.map((side) => Math.floor(side * shrink + 0.5)) as [number, number];
  const resized = pillowResize(picture, wide, high, "bilinear");
  return { ...normalised(resized, divisor), resized: [high, wide] };
}

/** Subtracts the mean, divides by the deviation, and adds zeros at the right and bottom. */
function normalised(picture: RgbPicture, divisor: number): NetworkInput {
  const [height, width] = padded([picture.height, picture.width], divisor);
  const part = { top: 0, left: 0, size: [height, width] } as const;
  return { width, height, values: networkInput(picture, part, false, IMAGENET) };
}

/** The next multiples of a divisor. */
function padded([rows, columns]: Extent, divisor: number): Extent {
  return [Math.ceil(rows / divisor) * divisor, Math.ceil(columns / divisor) * divisor];
}

/** Rounds as Python does. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
