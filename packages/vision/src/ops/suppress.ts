/** Non-maximum suppression on the GPU. */
import { flatGrid, ShapeError, type Tensor } from "@vicinity/tensor";
import { overlaps, suppress as build, SUPPRESS_THREADS, WORD_BITS } from "../kernels/suppress.ts";

/**
 * Greedy non-maximum suppression in several groups at once: in order, a box is dropped when its
 * overlap with one that stays exceeds the threshold.
 *
 * @param boxes f32 `[groups, n, 4]`, x1, y1, x2, y2, best first.
 * @param scores f32 `[groups, n]`; boxes whose score is {@link NOTHING} neither stay nor suppress.
 * @param threshold Intersection over union.
 * @returns f32 `[groups, n]`: the scores of the boxes that stay, {@link NOTHING} for the others.
 * @throws {ShapeError} If the shapes do not fit.
 *
 * @example
 * ```ts
 * import { open } from "@vicinity/tensor";
 * import { suppress } from "@vicinity/vision";
 *
 * using gpu = await open();
 * const boxes = [0, 0, 10, 10, 1, 0, 11, 10, 20, 0, 30, 10];
 * const [kept] = await gpu.read([
 *   suppress(
 *     gpu.tensor([1, 3, 4], new Float32Array(boxes)),
 *     gpu.tensor([1, 3], new Float32Array([0.75, 0.5, 0.25])),
 *     0.5,
 *   ),
 * ]);
 * console.assert(kept?.[0] === 0.75 && (kept[1] ?? 0) < -1e38 && kept[2] === 0.25);
 * ```
 */
export function suppress(boxes: Tensor, scores: Tensor, threshold: number): Tensor {
  const [groups = 0, count = 0] = scores.shape;
  if (boxes.shape.join() !== [groups, count, 4].join() || scores.shape.length !== 2) {
    throw new ShapeError(
      `Cannot suppress boxes [${boxes.shape}] with scores [${scores.shape}]: ` +
        "give [groups, n, 4] and [groups, n].",
    );
  }
  const { gpu } = boxes;
  const kept = gpu.empty([groups, count]);
  if (groups * count === 0) return kept;
  const width = Math.ceil(count / WORD_BITS);
  const words = gpu.empty([groups, count, width], "u32");
  const suppressed = gpu.empty([groups, width], "u32");
  gpu.clear(suppressed);
  const total = groups * count * width;
  gpu.dispatch({
    kernel: gpu.kernel("overlaps", {}, overlaps),
    tensors: [boxes, scores, words],
    params: [total, count, width, threshold],
    grid: flatGrid(Math.ceil(total / SUPPRESS_THREADS)),
    iterations: WORD_BITS,
  });
  for (let decided = 0; decided < width; decided++) {
    const owners = groups * (width - decided);
    gpu.dispatch({
      kernel: gpu.kernel("suppress", {}, build),
      tensors: [scores, words, suppressed, kept],
      params: [owners, count, width, decided],
      grid: flatGrid(Math.ceil(owners / SUPPRESS_THREADS)),
      iterations: WORD_BITS,
    });
  }
  return kept;
}
