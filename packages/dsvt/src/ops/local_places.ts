/** Places of a map that stand out among those around them, and the numbers of the latter. */
import { ABSENT } from "@vicinity/attention";
import { flatGrid, ShapeError, sizeOf, type Tensor } from "@vicinity/tensor";
import { NOTHING } from "@vicinity/vision";
import { LOCAL_KEYS_THREADS, localKeys as buildKeys } from "../kernels/local_keys.ts";
import { LOCAL_PEAKS_THREADS, localPeaks as buildPeaks } from "../kernels/local_peaks.ts";

/** Classes have a bit each in a number of 32. */
const MOST_CLASSES = 32;

/** Options of {@link localPeaks}. */
export interface LocalPeaksOptions {
  /** Side of the square that a value has to be the largest of, odd. */
  readonly kernel: number;
  /** Classes whose values all stay. */
  readonly free: readonly number[];
}

/**
 * Keeps the local maxima of heat maps; values that are equal stay together. Near the border, where
 * the square does not fit, nothing stays.
 *
 * @param heatmap f32 `[1, rows, columns, classes]`, at most 32 classes.
 * @param options Side of the square, classes without this rule.
 * @returns The same shape, `NOTHING` in place of the other values.
 * @throws {ShapeError} If it is not one map, or has too many classes.
 *
 * @example
 * ```ts ignore
 * const peaks = localPeaks(heatmap, { kernel: 3, free: [8, 9] });
 * ```
 */
export function localPeaks(heatmap: Tensor, { kernel, free }: LocalPeaksOptions): Tensor {
  const [batch, rows = 0, columns = 0, classes = 0] = heatmap.shape;
  if (batch !== 1 || heatmap.shape.length !== 4 || classes > MOST_CLASSES || kernel % 2 !== 1) {
    throw new ShapeError(
      `Cannot find peaks of [${heatmap.shape}] in squares of ${kernel}: give ` +
        `[1, rows, columns, classes] with at most ${MOST_CLASSES} classes, and an odd side.`,
    );
  }
  const { gpu } = heatmap;
  const y = gpu.empty(heatmap.shape);
  const total = sizeOf(y.shape);
  const bits = free.reduce((sum, classId) => (sum | (1 << classId)) >>> 0, 0);
  gpu.dispatch({
    kernel: gpu.kernel("local peaks", {}, buildPeaks),
    tensors: [heatmap, y],
    params: [total, rows, columns, classes, (kernel - 1) / 2, bits, NOTHING],
    grid: flatGrid(Math.ceil(total / LOCAL_PEAKS_THREADS)),
    iterations: kernel ** 2,
  });
  return y;
}

/**
 * Numbers of the places in squares around some places of a square map. Numbers run on at the end of
 * a row, as in the official code: beyond a side of the map lies the row before or after.
 *
 * @param places u32 `[n]`.
 * @param side Rows, and columns, of the map.
 * @param radius Rows and columns on each side of a place.
 * @returns u32 `[n, (2 · radius + 1)²]`, `ABSENT` before the first and behind the last row.
 * @throws {ShapeError} If places are not u32.
 *
 * @example
 * ```ts ignore
 * const keys = localKeys(places, 180, 20);
 * ```
 */
export function localKeys(places: Tensor, side: number, radius: number): Tensor {
  if (places.dtype !== "u32" || places.shape.length !== 1) {
    throw new ShapeError(
      `Cannot number the places around ${places.dtype} [${places.shape}]: give u32 [n].`,
    );
  }
  const { gpu } = places;
  const y = gpu.empty([places.shape[0] ?? 0, (2 * radius + 1) ** 2], "u32");
  const total = sizeOf(y.shape);
  gpu.dispatch({
    kernel: gpu.kernel("local keys", {}, buildKeys),
    tensors: [places, y],
    params: [total, side, radius, ABSENT],
    grid: flatGrid(Math.ceil(total / LOCAL_KEYS_THREADS)),
  });
  return y;
}
