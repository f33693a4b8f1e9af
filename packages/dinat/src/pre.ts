/** From a photograph to what the networks take. */
import { cvResize, pillowResize, type RgbPicture } from "@vicinity/vision";

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
  const resized = pillowResize(picture, wide, high);
  const [left, top] = [halfToEven((wide - imageSize) / 2), halfToEven((high - imageSize) / 2)];
  const values = new Float32Array(imageSize ** 2 * 3);
  for (let row = 0; row < imageSize; row++) {
    for (let column = 0; column < imageSize; column++) {
      const from = ((top + row) * wide + left + column) * 3;
      const to = (row * imageSize + column) * 3;
      for (let c = 0; c < 3; c++) {
        const unit = Math.fround((resized.data[from + c] ?? 0) / 255);
        values[to + c] = (unit - Math.fround(MEAN[c] ?? 0)) / Math.fround(STD[c] ?? 1);
      }
    }
  }
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
  /** What the picture was multiplied with. */
  readonly scale: number;
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
  const [long, short] = [
    Math.max(picture.width, picture.height),
    Math.min(picture.width, picture.height),
  ];
  const scale = Math.min(longest / long, shortest / short);
  const [wide, high] = [picture.width, picture.height].map((extent) =>
    Math.floor(extent * scale + 0.5)
  ) as [number, number];
  const resized = cvResize(picture, wide, high);
  const padded = (extent: number) => Math.ceil(extent / divisor) * divisor;
  const [width, height] = [padded(wide), padded(high)];
  const values = new Float32Array(width * height * 3);
  for (let row = 0; row < high; row++) {
    for (let column = 0; column < wide; column++) {
      for (let c = 0; c < 3; c++) {
        const value = resized.data[(row * wide + column) * 3 + c] ?? 0;
        const [mean, std] = [255 * (MEAN[c] ?? 0), 255 * (STD[c] ?? 1)];
        values[(row * width + column) * 3 + c] = (value - mean) / std;
      }
    }
  }
  return { width, height, values, resized: [high, wide], scale };
}

/** Rounds as Python does. */
function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
