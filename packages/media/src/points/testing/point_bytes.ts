/** Bytes of small files of points, for tests. */
import { type PointCloud, readPoints, type ReadPointsOptions } from "@vicinity/media";

/** A part of a file: text, or numbers of a type. */
export type Part = string | ArrayBufferView | readonly number[];

function bytesOf(part: Part): Uint8Array {
  if (typeof part === "string") return new TextEncoder().encode(part);
  if (ArrayBuffer.isView(part)) {
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
  return Uint8Array.from(part);
}

/** Parts one behind the other; arrays of plain numbers are bytes. */
export function bytes(...parts: Part[]): Uint8Array {
  const all = parts.map(bytesOf);
  const joined = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Numbers of 4 or 8 bytes with their greatest byte first. */
export function bigEndian(values: Float32Array | Float64Array | Uint16Array): Uint8Array {
  const size = values.BYTES_PER_ELEMENT;
  const little = bytesOf(values);
  return little.map((_, at) => little[at - (at % size) + size - 1 - (at % size)] ?? 0);
}

/** A `.npy` file of version 1. */
export function npy(descr: string, shape: string, data: Part, fortran = "False"): Uint8Array {
  const text = `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;
  return bytes([0x93], "NUMPY", [1, 0, text.length & 255, text.length >> 8], text, data);
}

/** Reads bytes under a name. */
export function read(
  file: Uint8Array,
  name = "scan.bin",
  options: Omit<ReadPointsOptions, "name"> = {},
): Promise<PointCloud> {
  return readPoints(file, { name, ...options });
}

/** A file of the fixtures. */
export function fixture(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`../../../../../fixtures/${name}`, import.meta.url));
}
