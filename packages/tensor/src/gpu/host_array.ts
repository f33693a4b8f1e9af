/** Values on the host and their bytes on the GPU. */
import type { DType } from "../tensor.ts";

/** Arrays that can be uploaded. */
export type HostArray = Float32Array | Uint32Array | Int32Array | Uint16Array | Float16Array;

/**
 * The bytes of an array as a tensor of this dtype holds them, padded to whole words.
 *
 * @param data Values; `Uint16Array` holds the bits of f16 values.
 * @param dtype Element type of the tensor.
 * @returns Bytes whose length is a multiple of 4.
 */
export function hostBytes(data: HostArray, dtype: DType): Uint8Array<ArrayBuffer> {
  const typed = dtype === "f16" && !(data instanceof Uint16Array)
    ? new Float16Array(data)
    : dtype === "f32" && !(data instanceof Float32Array)
    ? new Float32Array(data)
    : data;
  const view = new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
  if (view.byteLength % 4 === 0 && view.buffer instanceof ArrayBuffer) {
    return view as Uint8Array<ArrayBuffer>;
  }
  const padded = new Uint8Array(Math.ceil(view.byteLength / 4) * 4);
  padded.set(view);
  return padded;
}

/**
 * Values of a tensor from raw bytes.
 *
 * @param bytes Bytes read from the GPU.
 * @param start First byte.
 * @param count Number of elements.
 * @param dtype Element type.
 * @returns A view of the bytes (f16: a converted copy).
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
  }
}

/**
 * The dtype that an array has when none is asked for.
 *
 * @param data Values.
 * @returns `u32` or `i32` for arrays of these, else `f32`.
 */
export function defaultDType(data: HostArray): DType {
  if (data instanceof Uint32Array) return "u32";
  if (data instanceof Int32Array) return "i32";
  return "f32";
}
