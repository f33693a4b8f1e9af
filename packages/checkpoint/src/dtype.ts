/** The element types that a safetensors file may hold here, by their names in the file. */
export type Dtype =
  | "BOOL"
  | "U8"
  | "I8"
  | "U16"
  | "I16"
  | "F16"
  | "BF16"
  | "U32"
  | "I32"
  | "F32"
  | "U64"
  | "I64"
  | "F64";

/** Bytes of one element of each type. */
export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/**
 * Says whether a text names one of the element types read here.
 *
 * @param text A dtype as a file writes it, such as `"BF16"`.
 * @returns True when it is a {@link Dtype}.
 *
 * @example
 * ```ts
 * import { isDtype } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.ok(isDtype("F32") && !isDtype("F7"));
 * ```
 */
export function isDtype(text: unknown): text is Dtype {
  return typeof text === "string" && Object.hasOwn(DTYPE_BYTES, text);
}

/** Reads the element at a byte offset; file order is little-endian whatever the machine. */
type ElementReader = (view: DataView, offset: number) => number;

const bfloat = new DataView(new ArrayBuffer(4));

function readBfloat16(view: DataView, offset: number): number {
  bfloat.setUint32(0, view.getUint16(offset, true) << 16, true);
  return bfloat.getFloat32(0, true);
}

const READERS: Readonly<Record<Dtype, ElementReader>> = {
  BOOL: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1),
  U8: (view, offset) => view.getUint8(offset),
  I8: (view, offset) => view.getInt8(offset),
  U16: (view, offset) => view.getUint16(offset, true),
  I16: (view, offset) => view.getInt16(offset, true),
  F16: (view, offset) => view.getFloat16(offset, true),
  BF16: readBfloat16,
  U32: (view, offset) => view.getUint32(offset, true),
  I32: (view, offset) => view.getInt32(offset, true),
  F32: (view, offset) => view.getFloat32(offset, true),
  U64: (view, offset) => Number(view.getBigUint64(offset, true)),
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
  F64: (view, offset) => view.getFloat64(offset, true),
};

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Converts stored elements to 32-bit floats.
 *
 * @param bytes Little-endian elements, a whole number of them; may start at any address.
 * @param dtype Their type.
 * @returns One float per element, in new memory.
 *
 * @example
 * ```ts
 * import { toFloat32 } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...toFloat32(new Uint8Array([0x80, 0x3f]), "BF16")], [1]);
 * ```
 */
export function toFloat32(bytes: Uint8Array, dtype: Dtype): Float32Array<ArrayBuffer> {
  if (dtype === "F32" && LITTLE_ENDIAN) return new Float32Array(bytes.slice().buffer);
  const values = new Float32Array(bytes.length / DTYPE_BYTES[dtype]);
  readInto(values, bytes, dtype);
  return values;
}

/**
 * Converts stored elements to 64-bit floats; 64-bit integers beyond 2^53 are rounded.
 *
 * @param bytes Little-endian elements, a whole number of them.
 * @param dtype Their type.
 * @returns One float per element, in new memory.
 *
 * @example
 * ```ts
 * import { toFloat64 } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...toFloat64(new Uint8Array([254, 255, 255, 255]), "I32")], [-2]);
 * ```
 */
export function toFloat64(bytes: Uint8Array, dtype: Dtype): Float64Array<ArrayBuffer> {
  const values = new Float64Array(bytes.length / DTYPE_BYTES[dtype]);
  readInto(values, bytes, dtype);
  return values;
}

/**
 * Gives the bit patterns of 16-bit floats, as a GPU wants them; other types are rounded to nearest.
 *
 * @param bytes Little-endian elements, a whole number of them.
 * @param dtype Their type; `F16` passes through unchanged.
 * @returns One IEEE half-precision pattern per element, in new memory.
 *
 * @example
 * ```ts
 * import { toFloat16Bits } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...toFloat16Bits(new Uint8Array([0, 0, 128, 63]), "F32")], [0x3c00]);
 * ```
 */
export function toFloat16Bits(bytes: Uint8Array, dtype: Dtype): Uint16Array<ArrayBuffer> {
  if (dtype === "F16" && LITTLE_ENDIAN) return new Uint16Array(bytes.slice().buffer);
  const values = new Float16Array(bytes.length / DTYPE_BYTES[dtype]);
  readInto(values, bytes, dtype);
  return new Uint16Array(values.buffer);
}

function readInto(
  values: Float16Array | Float32Array | Float64Array,
  bytes: Uint8Array,
  dtype: Dtype,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READERS[dtype];
  const step = DTYPE_BYTES[dtype];
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * step);
}
