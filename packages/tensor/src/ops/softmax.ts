/** Softmax over the last axis. */
import { ShapeError } from "../errors.ts";
import { softmax as build } from "../kernels/softmax.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import {
  chooseRowVariant,
  ROW_THREADS,
  rowIterations,
  type RowVariant,
  rowWorkgroups,
} from "../wgsl/row_walk.ts";
import { checkF32 } from "./dtype.ts";

/** Options of {@link softmax}. */
export interface SoftmaxOptions {
  /**
   * Added to `x` first: `[..., columns]` with at most as many axes, each of the extent of `x` or 1,
   * along which the mask is repeated; axes that it lacks at the front are such axes as well.
   */
  readonly mask?: Tensor;
  /** Kernel structure; the adapter decides when absent. */
  readonly variant?: RowVariant;
}

/**
 * `exp(v − max) / Σ exp(v − max)` over the last axis, where v is `x`, or `x + mask`. Masked entries
 * are −3e38, in `x` or in the mask; a row of nothing else becomes zeros.
 *
 * @param x `[..., columns]`.
 * @param options Mask and kernel structure.
 * @returns Same shape.
 * @throws {ShapeError} If a dtype is not f32, or the mask does not fit.
 *
 * @example
 * ```ts
 * import { open, softmax } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 2], new Float32Array([7, 7, 7, 7]));
 * const mask = gpu.tensor([2, 2], new Float32Array([0, -3e38, 0, 0]));
 * const [y] = await gpu.read([softmax(x, { mask })]);
 * console.assert(y?.join() === "1,0,0.5,0.5");
 * ```
 */
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { mask } = options;
  checkF32("softmax", { x, mask });
  const walk = mask ? maskWalk(x.shape, mask.shape) : [];
  const columns = x.shape.at(-1) ?? 1;
  const rows = sizeOf(x.shape) / Math.max(1, columns);
  const y = x.gpu.empty(x.shape);
  if (rows === 0 || columns === 0) return y;
  const { caps } = x.gpu;
  const vector = columns % 4 === 0;
  const steps = columns / (vector ? 4 : 1);
  const loops = [steps, steps, steps];
  const variant = options.variant ?? chooseRowVariant(caps, rows, columns, loops);
  const spec = { variant, vector, mask: mask !== undefined, threads: ROW_THREADS };
  x.gpu.dispatch({
    kernel: x.gpu.kernel("softmax", spec, build),
    tensors: [x, ...(mask ? [mask] : []), y],
    params: [rows, steps, ...walk],
    grid: flatGrid(rowWorkgroups(caps, variant, rows)),
    flops: 5 * rows * columns,
    iterations: rowIterations(caps, variant, loops),
  });
  return y;
}

/** The kernel's `each`, `inner`, `block` and `outer`: how the row of a mask follows from that of x. */
function maskWalk(shape: readonly number[], mask: readonly number[]): number[] {
  const leading = shape.slice(0, -1);
  const extents = [...leading.map(() => 1), ...mask.slice(0, -1)].slice(-leading.length);
  const fits = mask.length > 0 && mask.length <= shape.length && mask.at(-1) === shape.at(-1) &&
    extents.every((extent, axis) => extent === 1 || extent === leading[axis]);
  // Runs of rows, innermost first; the mask is repeated along every second one, from the first on.
  const runs = [1];
  for (const [axis, extent] of fits ? [...leading.entries()].reverse() : []) {
    if (extent === 1) continue;
    const repeated = extents[axis] === 1;
    if (repeated === (runs.length % 2 === 1)) runs.push((runs.pop() ?? 1) * extent);
    else runs.push(extent);
  }
  const [each = 1, inner = 1, repeats = 1, outer = 1, , further] = runs;
  if (!fits || further !== undefined) {
    throw new ShapeError(
      `Cannot add a mask [${mask}] to [${shape}]: give the extents of its last axes or 1, with at ` +
        "most two stretches of axes along which the mask changes.",
    );
  }
  return [each, inner, each * inner * repeats, outer];
}
