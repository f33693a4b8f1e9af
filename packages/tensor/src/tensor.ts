/** What a tensor is: a shape and a dtype over a stretch of GPU storage, row-major. */
import type { Gpu } from "./gpu/gpu.ts";
import type { PoolBuffer } from "./gpu/pool.ts";
import { ShapeError } from "./errors.ts";

/** Element types. `f16` and `bf16` are storage types only: arithmetic is always in f32. */
export type DType = "f32" | "f16" | "bf16" | "u32" | "i32";

/** Bytes of one element of each dtype. */
export const DTYPE_BYTES: Readonly<Record<DType, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  u32: 4,
  i32: 4,
};

/**
 * A stretch of GPU memory with one owner. While a plan is being traced it has no buffer yet; the
 * plan assigns one after it knows all lifetimes.
 */
export interface Storage {
  /** Unique within a process, for maps and bind group keys. */
  readonly id: number;
  /** Size in bytes, a multiple of 16. */
  readonly bytes: number;
  /** The buffer behind it, or null while tracing. */
  buffer: PoolBuffer | null;
}

let nextStorageId = 1;

/** A storage that has no memory yet, large enough for a tensor; binding sizes are never 0. */
export function newStorage(shape: readonly number[], dtype: DType): Storage {
  const bytes = Math.max(16, Math.ceil(bytesOf(shape, dtype) / 16) * 16);
  return { id: nextStorageId++, bytes, buffer: null };
}

/** A dense row-major array on the GPU. Plain data: operations are functions over it. */
export interface Tensor {
  /** The context that owns the memory. */
  readonly gpu: Gpu;
  /** Extents, outermost first. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: DType;
  /** Memory behind the tensor; several views may share it. */
  readonly storage: Storage;
  /** First byte of this tensor inside its storage, a multiple of the binding alignment. */
  readonly offset: number;
}

/**
 * Number of elements of a shape.
 *
 * @param shape Extents.
 * @returns Their product (1 for a scalar).
 */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * Bytes that a tensor of this shape and dtype covers, without padding.
 *
 * @param shape Extents.
 * @param dtype Element type.
 * @returns Size in bytes.
 */
export function bytesOf(shape: readonly number[], dtype: DType): number {
  return sizeOf(shape) * DTYPE_BYTES[dtype];
}

/**
 * A view of the same elements under another shape.
 *
 * @param x Any tensor.
 * @param shape New extents with the same number of elements.
 * @returns A view; no data moves.
 * @throws {ShapeError} If the number of elements differs.
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  if (sizeOf(shape) !== sizeOf(x.shape)) {
    throw new ShapeError(
      `Cannot reshape [${x.shape}] to [${shape}]: ${sizeOf(x.shape)} elements against ${
        sizeOf(shape)
      }. Give a shape of the same size.`,
    );
  }
  return { ...x, shape: [...shape] };
}
