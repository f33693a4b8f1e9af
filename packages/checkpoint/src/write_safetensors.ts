import { type Dtype, DTYPE_BYTES } from "./dtype.ts";
import { elementCount, PREFIX_BYTES } from "./header.ts";

/** The element types that can be written. */
export type WritableDtype = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "U8" | "BOOL";

/** One tensor to write. */
export interface TensorToWrite {
  /** Its key in the file. */
  readonly name: string;
  /** Type to store; values are rounded to it. */
  readonly dtype: WritableDtype;
  /** Sizes from the slowest axis to the fastest. */
  readonly shape: readonly number[];
  /** One number per element, row-major. */
  readonly values: ArrayLike<number>;
}

type ElementWriter = (view: DataView, offset: number, value: number) => void;

const WRITERS: Readonly<Record<WritableDtype, ElementWriter>> = {
  F64: (view, offset, value) => view.setFloat64(offset, value, true),
  F32: (view, offset, value) => view.setFloat32(offset, value, true),
  F16: (view, offset, value) => view.setFloat16(offset, value, true),
  BF16: (view, offset, value) => view.setUint16(offset, bfloat16Bits(value), true),
  I64: (view, offset, value) => view.setBigInt64(offset, BigInt(value), true),
  I32: (view, offset, value) => view.setInt32(offset, value, true),
  U8: (view, offset, value) => view.setUint8(offset, value),
  BOOL: (view, offset, value) => view.setUint8(offset, value === 0 ? 0 : 1),
};

/**
 * Lays out tensors as a safetensors file: wider types first, so that every tensor is aligned to its
 * elements, and the header padded to eight bytes.
 *
 * @param tensors What to store; names must differ.
 * @param metadata Free texts for `__metadata__`; left out when empty.
 * @returns The bytes of the file.
 * @throws {RangeError} When a tensor's values do not fill its shape or a name appears twice.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const bytes = writeSafetensors([{ name: "a", dtype: "U8", shape: [2], values: [7, 9] }]);
 * assert.deepEqual([...bytes.subarray(-2)], [7, 9]);
 * ```
 */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const ordered = tensors.toSorted((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype]);
  const ranges = layOut(ordered);
  const json = headerJson(ordered, ranges, metadata);
  const dataStart = PREFIX_BYTES + json.length;
  const bytes = new Uint8Array(dataStart + (ranges.at(-1)?.end ?? 0));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, PREFIX_BYTES);
  for (const [index, tensor] of ordered.entries()) {
    writeValues(view, dataStart + (ranges[index]?.begin ?? 0), tensor);
  }
  return bytes;
}

interface ByteRange {
  readonly begin: number;
  readonly end: number;
}

function layOut(tensors: readonly TensorToWrite[]): ByteRange[] {
  const names = new Set<string>();
  let end = 0;
  return tensors.map(({ name, dtype, shape, values }) => {
    const count = elementCount(shape);
    if (values.length !== count) {
      throw new RangeError(
        `Cannot write tensor ${name}: shape [${shape}] holds ${count} elements, got ` +
          `${values.length}. Pass one value per element.`,
      );
    }
    if (names.has(name)) {
      throw new RangeError(`Cannot write tensor ${name}: the name appears twice. Rename one.`);
    }
    names.add(name);
    const begin = end;
    end += count * DTYPE_BYTES[dtype];
    return { begin, end };
  });
}

function headerJson(
  tensors: readonly TensorToWrite[],
  ranges: readonly ByteRange[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = tensors.map(({ name, dtype, shape }, index) => {
    const { begin = 0, end = 0 } = ranges[index] ?? {};
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  if (Object.keys(metadata).length > 0) entries.unshift(["__metadata__", metadata]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(" ".charCodeAt(0));
  padded.set(json);
  return padded;
}

function writeValues(view: DataView, start: number, tensor: TensorToWrite): void {
  const write = WRITERS[tensor.dtype];
  const step = DTYPE_BYTES[tensor.dtype satisfies Dtype];
  for (let i = 0; i < tensor.values.length; i++) {
    write(view, start + i * step, tensor.values[i] ?? 0);
  }
}

const single = new DataView(new ArrayBuffer(4));

/** Rounds to the nearest bfloat16, ties to even; NaN stays NaN. */
function bfloat16Bits(value: number): number {
  single.setFloat32(0, value, true);
  const bits = single.getUint32(0, true);
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}
