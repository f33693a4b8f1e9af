/** Frames as whole numbers of 8 or 16 bits on their way to and from the GPU. */
import { ShapeError } from "../errors.ts";
import {
  floatToSamples as buildToSamples,
  type SampleBits,
  SAMPLES_THREADS,
  samplesOfWord,
  samplesToFloat as buildToFloat,
} from "../kernels/samples.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/** Samples of pixels: 8 or 16 bits each. */
export type Samples = Uint8Array | Uint16Array;

/** A linear map of values, and the bits of the samples. */
export interface SampleScale {
  /** Factor; 1 when absent. */
  readonly scale?: number;
  /** Added after scaling; 0 when absent. */
  readonly offset?: number;
  /** Bits of a sample; 8 when absent. */
  readonly bits?: SampleBits;
}

/** Options of {@link samplesToFloat}. */
export interface SamplesToFloatOptions extends SampleScale {
  /** Channels to keep, the first ones; all when absent. 3 drops the alpha of RGBA. */
  readonly channels?: number;
}

/**
 * Tells how many bits each of some samples has.
 *
 * @param samples The samples.
 * @returns 8 or 16.
 */
export function bitsOf(samples: Samples): SampleBits {
  return samples instanceof Uint16Array ? 16 : 8;
}

/**
 * Makes room for samples of the same bits.
 *
 * @param like Samples of those bits.
 * @param length How many.
 * @returns Zeros.
 */
export function samplesLike<S extends Samples>(like: S, length: number): S {
  return (bitsOf(like) === 16 ? new Uint16Array(length) : new Uint8Array(length)) as S;
}

/**
 * Samples as the words that {@link samplesToFloat} takes, padded with zeros.
 *
 * @param samples Any number of samples.
 * @returns The same memory where its start and length allow it, else a copy.
 */
export function packSamples(samples: Samples): Uint32Array {
  const { buffer, byteOffset, byteLength } = samples;
  if (byteOffset % 4 === 0 && byteLength % 4 === 0) {
    return new Uint32Array(buffer, byteOffset, byteLength / 4);
  }
  const padded = new Uint8Array(Math.ceil(byteLength / 4) * 4);
  padded.set(new Uint8Array(buffer, byteOffset, byteLength));
  return new Uint32Array(padded.buffer);
}

/**
 * Samples out of the words that {@link floatToSamples} makes.
 *
 * @param words Words read from the GPU.
 * @param count Number of samples, without the padding.
 * @param bits Bits of a sample; 8 when absent.
 * @returns The same memory as samples.
 */
export function unpackSamples(
  { buffer, byteOffset }: ArrayBufferView,
  count: number,
  bits: SampleBits = 8,
): Samples {
  return bits === 8
    ? new Uint8Array(buffer, byteOffset, count)
    : new Uint16Array(buffer, byteOffset, count);
}

/**
 * `y = sample · scale + offset` for pixels of one sample a channel.
 *
 * @param samples u32, four samples of 8 bits a word or two of 16, lowest first, as many words as
 * `shape` needs.
 * @param shape `[..., channels]` of the samples.
 * @param options Scale, offset, bits and channels to keep.
 * @returns f32 `[..., channels kept]`.
 * @throws {ShapeError} If the number of words does not fit the shape.
 *
 * @example
 * ```ts
 * import { open, packSamples, samplesToFloat } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const rgba = gpu.tensor([1], packSamples(new Uint8Array([51, 102, 255, 7])));
 * const rgb = samplesToFloat(rgba, [1, 1, 4], { scale: 0.2, channels: 3 });
 * const [y] = await gpu.read([rgb]);
 * console.assert(y?.length === 3 && y[2] === 51);
 * ```
 */
export function samplesToFloat(
  samples: Tensor,
  shape: readonly number[],
  options: SamplesToFloatOptions = {},
): Tensor {
  const stored = shape.at(-1) ?? 0;
  const { scale = 1, offset = 0, bits = 8, channels = stored } = options;
  const lanes = samplesOfWord(bits);
  const words = Math.ceil(sizeOf(shape) / lanes);
  if (samples.dtype !== "u32" || sizeOf(samples.shape) !== words || shape.length === 0) {
    throw new ShapeError(
      `Cannot read ${samples.dtype} [${samples.shape}] as samples of ${bits} bits of [${shape}]: ` +
        `give u32 [${words}].`,
    );
  }
  if (!Number.isInteger(channels) || channels < 1 || channels > stored) {
    throw new ShapeError(`Cannot keep ${channels} of ${stored} channels. Keep 1 to ${stored}.`);
  }
  const y = samples.gpu.empty(shape.with(-1, channels));
  const count = sizeOf(y.shape);
  const spec = { bits, stored, channels, vector: count % lanes === 0 };
  samples.gpu.dispatch({
    kernel: samples.gpu.kernel("samples_to_float", spec, buildToFloat),
    tensors: [samples, y],
    params: [count, scale, offset, words],
    grid: flatGrid(Math.ceil(count / lanes / SAMPLES_THREADS)),
  });
  return y;
}

/**
 * `sample = round(clamp(x · scale + offset, 0, 2^bits − 1))`, ties to the even number.
 *
 * @param x f32 of any shape; values that are no numbers give some sample.
 * @param options Scale, offset and bits.
 * @returns u32, four samples of 8 bits a word or two of 16, lowest first, zeros behind the last.
 * @throws {ShapeError} If the values are not f32.
 *
 * @example
 * ```ts
 * import { floatToSamples, open, unpackSamples } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([1, 1, 3], new Float32Array([-1, 0.25, 2]));
 * const [words] = await gpu.read([floatToSamples(x, { scale: 100 })]);
 * console.assert(words && unpackSamples(words, 3).join() === "0,25,200");
 * ```
 */
export function floatToSamples(x: Tensor, options: SampleScale = {}): Tensor {
  const { scale = 1, offset = 0, bits = 8 } = options;
  if (x.dtype !== "f32") {
    throw new ShapeError(`Cannot turn ${x.dtype} [${x.shape}] into samples: give f32.`);
  }
  const lanes = samplesOfWord(bits);
  const count = sizeOf(x.shape);
  const words = Math.ceil(count / lanes);
  const y = x.gpu.empty([words], "u32");
  const spec = { bits, vector: count % lanes === 0 };
  x.gpu.dispatch({
    kernel: x.gpu.kernel("float_to_samples", spec, buildToSamples),
    tensors: [x, y],
    params: [count, scale, offset],
    grid: flatGrid(Math.ceil(words / SAMPLES_THREADS)),
  });
  return y;
}
