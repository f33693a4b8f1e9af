import { corruptFile } from "./errors.ts";
import { type Dtype, DTYPE_BYTES, isDtype } from "./dtype.ts";
import { isRecord } from "./json.ts";

/** Where one tensor lies in a file and how to read it. */
export interface TensorEntry {
  /** The full key, such as `blocks.0.ffn.2.bias`. */
  readonly name: string;
  /** Type of its elements. */
  readonly dtype: Dtype;
  /** Sizes from the slowest axis to the fastest; `[]` is a single number. */
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly offset: number;
  /** Length in bytes. */
  readonly byteLength: number;
}

/** The parsed and validated header of a safetensors file. */
export interface SafetensorsHeader {
  /** The free texts of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** All tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** The largest header that the format allows, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Bytes before the header: its length as a 64-bit integer. */
export const PREFIX_BYTES = 8;

/**
 * Reads the length of the header from the first eight bytes, refusing lengths that the file cannot
 * hold, so that nothing is allocated for a damaged file.
 *
 * @param prefix The first eight bytes.
 * @param fileBytes Size of the whole file.
 * @param name What error messages call the file.
 * @returns Length of the header in bytes.
 * @throws {CheckpointError} `WEIGHTS_CORRUPT` when the length is impossible.
 *
 * @example
 * ```ts
 * import { headerLength } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.equal(headerLength(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0]), 10, "empty"), 2);
 * ```
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, name: string): number {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = view.getBigUint64(0, true);
  const room = BigInt(Math.min(MAX_HEADER_BYTES, fileBytes - PREFIX_BYTES));
  if (length < 2n || length > room) {
    throw corruptFile(
      name,
      `its header claims ${length} bytes, between 2 and ${room} are possible`,
    );
  }
  return Number(length);
}

/**
 * Parses and validates the JSON header of a safetensors file: every entry must have a known type, a
 * sane shape and a byte range of exactly the right length, and the ranges must cover the data
 * without overlap or gap.
 *
 * @param json The header's bytes, without the length in front.
 * @param fileBytes Size of the whole file.
 * @param name What error messages call the file.
 * @returns Metadata and tensors, offsets counted from the start of the file.
 * @throws {CheckpointError} `WEIGHTS_CORRUPT`, naming the first entry that is wrong.
 *
 * @example
 * ```ts
 * import { parseHeader } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const json = new TextEncoder().encode('{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}');
 * const { tensors } = parseHeader(json, 8 + json.length + 3, "example");
 * assert.deepEqual(tensors.get("a")?.shape, [3]);
 * ```
 */
export function parseHeader(json: Uint8Array, fileBytes: number, name: string): SafetensorsHeader {
  const header = parseObject(json, name);
  const dataStart = PREFIX_BYTES + json.length;
  const entries: TensorEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(header)) {
    if (key === "__metadata__") metadata = parseMetadata(value, name);
    else entries.push(parseEntry(key, value, dataStart, name));
  }
  entries.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  checkCover(entries, dataStart, fileBytes, name);
  return { metadata, tensors: new Map(entries.map((entry) => [entry.name, entry])) };
}

/**
 * Counts the elements of a shape.
 *
 * @param shape Sizes, each a non-negative integer.
 * @returns Their product; 1 for `[]`.
 *
 * @example
 * ```ts
 * import { elementCount } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.equal(elementCount([2, 3, 4]), 24);
 * ```
 */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function parseObject(json: Uint8Array, name: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    throw corruptFile(name, "its header is not JSON", cause);
  }
  if (!isRecord(header)) throw corruptFile(name, "its header is not a JSON object");
  return header;
}

function parseMetadata(value: unknown, name: string): Record<string, string> {
  if (!isRecord(value)) throw corruptFile(name, "__metadata__ is not an object");
  const texts: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw corruptFile(name, `metadata ${key} is not a text`);
    texts.push([key, text]);
  }
  return Object.fromEntries(texts);
}

function parseEntry(key: string, value: unknown, dataStart: number, name: string): TensorEntry {
  const where = `tensor ${JSON.stringify(key)}`;
  if (!isRecord(value)) throw corruptFile(name, `${where} is not an object`);
  const { dtype, shape, data_offsets: range } = value;
  if (!isDtype(dtype)) {
    throw corruptFile(name, `${where} has the unknown type ${JSON.stringify(dtype)}`);
  }
  if (!isSizes(shape)) throw corruptFile(name, `${where} has the shape ${JSON.stringify(shape)}`);
  if (!isSizes(range) || range.length !== 2) {
    throw corruptFile(name, `${where} has the byte range ${JSON.stringify(range)}`);
  }
  const [begin = 0, end = 0] = range;
  const needed = elementCount(shape) * DTYPE_BYTES[dtype];
  if (end - begin !== needed) {
    throw corruptFile(
      name,
      `${where} of type ${dtype} and shape [${shape}] needs ${needed} bytes but has ${end - begin}`,
    );
  }
  return { name: key, dtype, shape, offset: dataStart + begin, byteLength: needed };
}

function checkCover(
  entries: readonly TensorEntry[],
  dataStart: number,
  fileBytes: number,
  name: string,
): void {
  let position = dataStart;
  for (const entry of entries) {
    if (entry.offset !== position) {
      const fault = entry.offset < position ? "overlaps the tensor before it" : "follows a gap";
      throw corruptFile(
        name,
        `tensor ${JSON.stringify(entry.name)} ${fault} (byte ${entry.offset}, ` +
          `expected ${position})`,
      );
    }
    position += entry.byteLength;
  }
  if (position !== fileBytes) {
    throw corruptFile(name, `its tensors end at byte ${position} but it has ${fileBytes} bytes`);
  }
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
