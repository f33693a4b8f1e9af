/** Values on the host and their bytes on the GPU. */
import type { DType } from "../tensor.ts";

/** Arrays that can be uploaded; a `Uint16Array` as f16 or bf16 holds the bits of its values. */
export type HostArray = Float32Array | Uint32Array | Int32Array | Uint16Array | Float16Array;

/**
 * The bytes of an array as a tensor of this dtype holds them, padded to whole words.
 *
 * @param data Values; for f16 and bf16 a `Uint16Array` holds their bits. They are converted to the dtype
 *   as typed arrays do: a fraction is cut off for u32 and i32.
 * @param dtype Element type of the tensor.
 * @returns Bytes whose length is a multiple of 4.
 */
export function hostBytes(data: HostArray, dtype: DType): Uint8Array<ArrayBuffer> {
  const typed = converted(data, dtype);
  const view = new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
  if (view.byteLength % 4 === 0 && view.buffer instanceof ArrayBuffer) {
    return view as Uint8Array<ArrayBuffer>;
  }
  const padded = new Uint8Array(Math.ceil(view.byteLength / 4) * 4);
  padded.set(view);
  return padded;
}

function converted(data: HostArray, dtype: DType): HostArray {
  switch (dtype) {
    case "f32":
      return data instanceof Float32Array ? data : new Float32Array(data);
    case "u32":
      return data instanceof Uint32Array ? data : new Uint32Array(data);
    case "i32":
      return data instanceof Int32Array ? data : new Int32Array(data);
    case "f16":
      return data instanceof Uint16Array || data instanceof Float16Array
        ? data
        : new Float16Array(data);
    case "bf16":
      return data instanceof Uint16Array ? data : bfloatBits(new Float32Array(data));
  }
}

/** The upper halves of 32-bit floats, rounded to the nearest and between two to the even one. */
function bfloatBits(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word, index) => {
    const upper = word >>> 16;
    // Rounding could carry what is no number into infinity.
    return Number.isNaN(values[index]) ? upper | 1 : (word + 0x7fff + (upper & 1)) >>> 16;
  });
}

/**
 * Values of a tensor from raw bytes.
 *
 * @param bytes Bytes read from the GPU.
 * @param start First byte.
 * @param count Number of elements.
 * @param dtype Element type.
 * @returns A view of the bytes (f16 and bf16: a converted copy).
 */
export function toHost(
  bytes: ArrayBuffer,
  start: number,
  count: number,
  dtype: DType,
): Float32Array | Uint32Array | Int32Array {
  switch (dtype) {
    case "f32":
      return new Float32Array(bytes, start, count);
    case "u32":
      return new Uint32Array(bytes, start, count);
    case "i32":
      return new Int32Array(bytes, start, count);
    case "f16":
      return Float32Array.from(new Float16Array(bytes, start, count));
    case "bf16": {
      const words = Uint32Array.from(new Uint16Array(bytes, start, count), (half) => half << 16);
      return new Float32Array(words.buffer);
    }
  }
}

/**
 * The dtype that an array has when none is asked for.
 *
 * @param data Values.
 * @returns `u32` or `i32` for arrays of these, `f16` for the bits in a `Uint16Array`, else `f32`.
 */
export function defaultDType(data: HostArray): DType {
  if (data instanceof Uint32Array) return "u32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint16Array) return "f16";
  return "f32";
}
