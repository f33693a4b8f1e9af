/** Bytes that the header is padded to, by NumPy's format. */
const ALIGNMENT = 64;

/**
 * Writes an array as NumPy's `.npy`, version 1.0.
 *
 * @param values The values, row-major.
 * @param shape Extents.
 * @returns The whole file.
 * @throws {RangeError} If the shape does not fit the values.
 *
 * @example
 * ```ts
 * import { encodeNpy } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * assert.equal(encodeNpy(Float32Array.of(1, 2), [2]).length, 128 + 8);
 * ```
 */
export function encodeNpy(
  values: Float32Array,
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (count !== values.length) {
    throw new RangeError(
      `Cannot write [${shape}]: there are ${values.length} values. Give as many as the shape has.`,
    );
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = 10;
  const padded = Math.ceil((start + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(padded + 4 * values.length);
  file.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  const view = new DataView(file.buffer);
  view.setUint16(8, padded - start, true);
  file.set(new TextEncoder().encode(`${text.padEnd(padded - start - 1)}\n`), start);
  for (let index = 0; index < values.length; index++) {
    view.setFloat32(padded + 4 * index, values[index] ?? 0, true);
  }
  return file;
}
