/** Frames as bytes on their way to and from the GPU. */
import { ShapeError } from "../errors.ts";
import {
  BYTES_THREADS,
  bytesToFloat as buildToFloat,
  floatToBytes as buildToBytes,
} from "../kernels/bytes.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/** A linear map of values. */
export interface ByteScale {
  /** Factor; 1 when absent. */
  readonly scale?: number;
  /** Added after scaling; 0 when absent. */
  readonly offset?: number;
}

/** Options of {@link bytesToFloat}. */
export interface BytesToFloatOptions extends ByteScale {
  /** Channels to keep, the first ones; all when absent. 3 drops the alpha of RGBA. */
  readonly channels?: number;
}

/**
 * Bytes as the words that {@link bytesToFloat} takes, padded with zeros.
 *
 * @param bytes Any number of bytes.
 * @returns The same memory where its start and length allow it, else a copy.
 */
export function packBytes(bytes: Uint8Array): Uint32Array {
  if (bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0) {
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return new Uint32Array(padded.buffer);
}

/**
 * Bytes out of the words that {@link floatToBytes} makes.
 *
 * @param words Words read from the GPU.
 * @param count Number of bytes, without the padding.
 * @returns The same memory as bytes.
 */
export function unpackBytes(words: ArrayBufferView, count: number): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, count);
}

/**
 * `y = byte · scale + offset` for pixels of one byte a channel.
 *
 * @param bytes u32, four bytes a word, lowest first, as many words as `shape` needs.
 * @param shape `[..., channels]` of the bytes.
 * @param options Scale, offset and channels to keep.
 * @returns f32 `[..., channels kept]`.
 * @throws {ShapeError} If the number of words does not fit the shape.
 *
 * @example
 * ```ts
 * import { bytesToFloat, open, packBytes } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const rgba = gpu.tensor([1], packBytes(new Uint8Array([51, 102, 255, 7])));
 * const rgb = bytesToFloat(rgba, [1, 1, 4], { scale: 0.2, channels: 3 });
 * const [y] = await gpu.read([rgb]);
 * console.assert(y?.length === 3 && y[2] === 51);
 * ```
 */
export function bytesToFloat(
  bytes: Tensor,
  shape: readonly number[],
  options: BytesToFloatOptions = {},
): Tensor {
  const stored = shape.at(-1) ?? 0;
  const { scale = 1, offset = 0, channels = stored } = options;
  const words = Math.ceil(sizeOf(shape) / 4);
  if (bytes.dtype !== "u32" || sizeOf(bytes.shape) !== words || shape.length === 0) {
    throw new ShapeError(
      `Cannot read ${bytes.dtype} [${bytes.shape}] as bytes of [${shape}]: give u32 [${words}].`,
    );
  }
  if (!Number.isInteger(channels) || channels < 1 || channels > stored) {
    throw new ShapeError(`Cannot keep ${channels} of ${stored} channels. Keep 1 to ${stored}.`);
  }
  const y = bytes.gpu.empty(shape.with(-1, channels));
  const count = sizeOf(y.shape);
  const spec = { stored, channels, vector: count % 4 === 0 };
  bytes.gpu.dispatch({
    kernel: bytes.gpu.kernel("bytes_to_float", spec, buildToFloat),
    tensors: [bytes, y],
    params: [count, scale, offset, words],
    grid: flatGrid(Math.ceil(count / 4 / BYTES_THREADS)),
  });
  return y;
}

/**
 * `byte = round(clamp(x · scale + offset, 0, 255))`, ties to the even number.
 *
 * @param x f32 of any shape; values that are no numbers give some byte.
 * @param options Scale and offset.
 * @returns u32 `[⌈elements / 4⌉]`, four bytes a word, lowest first, zeros behind the last.
 * @throws {ShapeError} If the values are not f32.
 *
 * @example
 * ```ts
 * import { floatToBytes, open, unpackBytes } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 1, 3], new Float32Array([-1, 0.25, 2]));
 * const [words] = await gpu.read([floatToBytes(x, { scale: 100 })]);
 * console.assert(words && unpackBytes(words, 3).join() === "0,25,200");
 * ```
 */
export function floatToBytes(x: Tensor, options: ByteScale = {}): Tensor {
  if (x.dtype !== "f32") {
    throw new ShapeError(`Cannot turn ${x.dtype} [${x.shape}] into bytes: give f32.`);
  }
  const { scale = 1, offset = 0 } = options;
  const count = sizeOf(x.shape);
  const words = Math.ceil(count / 4);
  const y = x.gpu.empty([words], "u32");
  x.gpu.dispatch({
    kernel: x.gpu.kernel("float_to_bytes", { vector: count % 4 === 0 }, buildToBytes),
    tensors: [x, y],
    params: [count, scale, offset],
    grid: flatGrid(Math.ceil(words / BYTES_THREADS)),
  });
  return y;
}
