/** Kernels of blurs, whose weights add up to one, and convolution with them. */
import { mirrored, type Raster } from "./raster.ts";

/** A place of a kernel. */
export interface Tap {
  /** Columns to the right of the pixel. */
  readonly dx: number;
  /** Rows below the pixel. */
  readonly dy: number;
  /** Its share. */
  readonly weight: number;
}

/** Standard deviations beyond which a Gaussian is cut off. */
const GAUSSIAN_REACH = 4;
/** A pixel of a disc is so many parts wide and high. */
const PARTS = 9;

/** Weights that add up to one. */
function shared(taps: readonly Tap[]): Tap[] {
  const sum = taps.reduce((total, { weight }) => total + weight, 0);
  return taps.map((tap) => ({ ...tap, weight: tap.weight / sum }));
}

/** Whole numbers from -reach to reach. */
function around(reach: number): number[] {
  return Array.from({ length: 2 * reach + 1 }, (_, index) => index - reach);
}

/**
 * A Gaussian along an axis.
 *
 * @param sigma Standard deviation in pixels, above 0.
 * @param axis Along rows (`x`) or columns (`y`).
 * @returns The kernel.
 */
export function gaussianKernel(sigma: number, axis: "x" | "y"): Tap[] {
  return shared(
    around(Math.ceil(GAUSSIAN_REACH * sigma)).map((at) => ({
      dx: axis === "x" ? at : 0,
      dy: axis === "y" ? at : 0,
      weight: Math.exp(-0.5 * (at / sigma) ** 2),
    })),
  );
}

/**
 * A disc: what a point far from the plane of focus looks like.
 *
 * @param radius In pixels, also below 1.
 * @returns The kernel; pixels count by how much of them lies inside.
 */
export function discKernel(radius: number): Tap[] {
  const inside = (dx: number, dy: number) => {
    let count = 0;
    for (const partX of around((PARTS - 1) / 2)) {
      for (const partY of around((PARTS - 1) / 2)) {
        if (Math.hypot(dx + partX / PARTS, dy + partY / PARTS) <= radius) count++;
      }
    }
    return count;
  };
  const places = around(Math.ceil(radius));
  return shared(
    places.flatMap((dy) => places.map((dx) => ({ dx, dy, weight: inside(dx, dy) })))
      .filter(({ weight }) => weight > 0),
  );
}

/** A streak. */
export interface Streak {
  /** Pixels that it is long. */
  readonly length: number;
  /** Standard deviation of the Gaussian by which it fades. */
  readonly sigma: number;
  /** Where it goes, in radians from the right downwards. */
  readonly angle: number;
}

/**
 * A streak that starts at the pixel and fades: what a moving camera makes of a point.
 *
 * @param streak Length, fading, direction.
 * @returns The kernel; what lies between pixels is shared by its neighbours.
 */
export function streakKernel({ length, sigma, angle }: Streak): Tap[] {
  const weights = new Map<string, Tap>();
  const add = (dx: number, dy: number, weight: number) => {
    const key = `${dx},${dy}`;
    weights.set(key, { dx, dy, weight: weight + (weights.get(key)?.weight ?? 0) });
  };
  for (let step = 0; step <= Math.round(length); step++) {
    const weight = Math.exp(-0.5 * (step / sigma) ** 2);
    const [x, y] = [step * Math.cos(angle), step * Math.sin(angle)];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    add(left, top, weight * (left + 1 - x) * (top + 1 - y));
    add(left + 1, top, weight * (x - left) * (top + 1 - y));
    add(left, top + 1, weight * (left + 1 - x) * (y - top));
    add(left + 1, top + 1, weight * (x - left) * (y - top));
  }
  return shared([...weights.values()].filter(({ weight }) => weight > 0));
}

/**
 * Convolves every channel; beyond the border the picture is mirrored, so that a symmetric kernel
 * leaves its mean as it is.
 *
 * @param raster The raster; it is kept.
 * @param taps The kernel.
 * @returns Of the same size.
 */
export function convolved(raster: Raster, taps: readonly Tap[]): Raster {
  const { width, height, channels } = raster;
  const reach = (of: (tap: Tap) => number) => Math.max(...taps.map((tap) => Math.abs(of(tap))));
  const margin = { x: reach(({ dx }) => dx), y: reach(({ dy }) => dy) };
  const framed = withMargin(raster, margin.x, margin.y);
  const length = width * channels;
  const stride = (width + 2 * margin.x) * channels;
  const values = new Float32Array(height * length);
  for (let row = 0; row < height; row++) {
    const target = values.subarray(row * length, (row + 1) * length);
    for (const { dx, dy, weight } of taps) {
      const start = (row + margin.y + dy) * stride + (margin.x + dx) * channels;
      addScaled(target, framed.subarray(start, start + length), weight);
    }
  }
  return { ...raster, values };
}

/** A Gaussian blur along both axes. */
export function smoothed(raster: Raster, sigma: number): Raster {
  return convolved(convolved(raster, gaussianKernel(sigma, "x")), gaussianKernel(sigma, "y"));
}

function withMargin(raster: Raster, columns: number, rows: number): Float32Array {
  const { width, height, channels, values } = raster;
  const wide = width + 2 * columns;
  const framed = new Float32Array(wide * (height + 2 * rows) * channels);
  for (let row = 0; row < height + 2 * rows; row++) {
    const source = mirrored(row - rows, height) * width;
    for (let column = 0; column < wide; column++) {
      const from = (source + mirrored(column - columns, width)) * channels;
      const to = (row * wide + column) * channels;
      for (let c = 0; c < channels; c++) framed[to + c] = values[from + c] ?? 0;
    }
  }
  return framed;
}

function addScaled(target: Float32Array, values: Float32Array, weight: number): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = (target[i] ?? 0) + weight * (values[i] ?? 0);
  }
}
