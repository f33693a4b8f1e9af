/** Slices, joins and permutations. */
import { ShapeError } from "../errors.ts";
import { bytesOf, sizeOf, type Tensor } from "../tensor.ts";
import { recordStridedCopy, stridesOf } from "./strided_copy.ts";

/**
 * A range of one axis. Along the outermost axis it is a view where the memory's alignment allows.
 *
 * @param x Any tensor with at most five axes; elements of 16 bits move in pairs of the last one.
 * @param axis Which axis.
 * @param start First index.
 * @param count Number of indices.
 * @returns The range, a view or a copy.
 * @throws {ShapeError} If there is no such axis, or the range leaves it.
 *
 * @example
 * ```ts
 * import { open, slice } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
 * const [y] = await gpu.read([slice(x, 1, 1, 1)]);
 * console.assert(y?.join() === "2,4");
 * ```
 */
export function slice(x: Tensor, axis: number, start: number, count: number): Tensor {
  const extent = x.shape[axis] ?? 0;
  const known = axis in x.shape;
  if (!known || start < 0 || count < 0 || start + count > extent) {
    throw new ShapeError(
      `Cannot slice ${start}..${start + count} of axis ${axis} of [${x.shape}]: ` +
        (known ? `it has ${extent} entries.` : "there is no such axis."),
    );
  }
  if (count === extent) return x;
  const shape = x.shape.with(axis, count);
  // A view that starts where its storage ends cannot be bound.
  if (count === 0) return x.gpu.empty(shape, x.dtype);
  const strides = stridesOf(x.shape);
  const first = start * (strides[axis] ?? 0);
  const offset = x.offset + bytesOf([first], x.dtype);
  if (axis === 0 && offset % x.gpu.caps.limits.minStorageBufferOffsetAlignment === 0) {
    return { ...x, shape, offset };
  }
  const y = x.gpu.empty(shape, x.dtype);
  if (axis === 0) {
    x.gpu.copy(x, y, { fromStart: first, count: sizeOf(shape) });
    return y;
  }
  recordStridedCopy({
    x,
    y,
    extents: shape,
    from: { start: first, strides },
    to: { start: 0, strides: stridesOf(shape) },
    label: "slice",
  });
  return y;
}

/**
 * Tensors one after the other along an axis.
 *
 * @param tensors At least one tensor; all extents but the one of the axis agree.
 * @param along Which axis; negative ones count from the end.
 * @returns The joined tensor.
 * @throws {ShapeError} If there is no such axis, or extents or dtypes differ.
 *
 * @example
 * ```ts
 * import { concat, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
 * const [y] = await gpu.read([concat([x, x], 1)]);
 * console.assert(y?.join() === "1,2,1,2,3,4,3,4");
 * ```
 */
export function concat(tensors: readonly Tensor[], along: number): Tensor {
  const [first, ...others] = tensors;
  if (!first) throw new ShapeError("Cannot join no tensors. Give at least one.");
  const axis = along < 0 ? along + first.shape.length : along;
  if (!(axis in first.shape)) {
    throw new ShapeError(
      `Cannot join tensors like [${first.shape}] along axis ${along}: there is no such axis.`,
    );
  }
  if (others.length === 0) return first;
  for (const { shape, dtype } of others) {
    if (!sameBeside(axis, shape, first.shape) || dtype !== first.dtype) {
      throw new ShapeError(
        `Cannot join ${dtype} [${shape}] to ${first.dtype} [${first.shape}] along axis ${axis}: ` +
          `all other extents must agree.`,
      );
    }
  }
  const total = tensors.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const y = first.gpu.empty(first.shape.with(axis, total), first.dtype);
  const strides = stridesOf(y.shape);
  let start = 0;
  for (const x of tensors) {
    const toStart = start * (strides[axis] ?? 0);
    if (sizeOf(y.shape.slice(0, axis)) === 1) {
      x.gpu.copy(x, y, { toStart });
    } else {
      recordStridedCopy({
        x,
        y,
        extents: x.shape,
        from: { start: 0, strides: stridesOf(x.shape) },
        to: { start: toStart, strides },
        label: "concat",
      });
    }
    start += x.shape[axis] ?? 0;
  }
  return y;
}

/** Whether all extents but the one of the axis agree. */
function sameBeside(axis: number, a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, at) => at === axis || extent === b[at]);
}

/**
 * Axes in another order.
 *
 * @param x A tensor with at most five axes; elements of 16 bits move in pairs of the last one.
 * @param axes For each axis of the result, the axis of `x` it comes from.
 * @returns The rearranged copy.
 * @throws {ShapeError} If `axes` is no permutation of the axes of `x`.
 *
 * @example
 * ```ts
 * import { open, permute } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
 * const [y] = await gpu.read([permute(x, [1, 0])]);
 * console.assert(y?.join() === "1,3,2,4");
 * ```
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  if ([...axes].sort((a, b) => a - b).join() !== x.shape.map((_, axis) => axis).join()) {
    throw new ShapeError(`Cannot permute [${x.shape}] by [${axes}]: name each axis once.`);
  }
  const strides = stridesOf(x.shape);
  const shape = axes.map((axis) => x.shape[axis] ?? 1);
  const y = x.gpu.empty(shape, x.dtype);
  recordStridedCopy({
    x,
    y,
    extents: shape,
    from: { start: 0, strides: axes.map((axis) => strides[axis] ?? 0) },
    to: { start: 0, strides: stridesOf(shape) },
    label: "permute",
  });
  return y;
}
