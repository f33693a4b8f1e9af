/** Writes the pickle inside of PyTorch's files: dictionaries, texts, lists, numbers and tensors. */

/** A tensor whose elements lie in an entry of the archive. */
export interface StoredTensor {
  /** Name of the entry. */
  readonly entry: string;
  /** Class of its storage, such as `FloatStorage`. */
  readonly storage: "FloatStorage" | "LongStorage";
  /** Extents. */
  readonly shape: readonly number[];
}

/** What can be written. */
export type Pickled =
  | string
  | number
  | StoredTensor
  | readonly Pickled[]
  | ReadonlyMap<string, Pickled>;

const PROTOCOL = 2;

/**
 * Pickles a value as `torch.save` does.
 *
 * @param value The value.
 * @returns The bytes.
 */
export function pickle(value: Pickled): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [Uint8Array.of(0x80, PROTOCOL)];
  write(value, parts);
  parts.push(text("."));
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function write(value: Pickled, into: Uint8Array[]): void {
  if (typeof value === "string") into.push(unicode(value));
  else if (typeof value === "number") into.push(integer(value));
  else if (value instanceof Map) writeMap(value, into);
  else if (Array.isArray(value)) writeTuple(value, into);
  else writeTensor(value as StoredTensor, into);
}

function writeMap(map: ReadonlyMap<string, Pickled>, into: Uint8Array[]): void {
  into.push(text("}("));
  for (const [key, value] of map) {
    into.push(unicode(key));
    write(value, into);
  }
  into.push(text("u"));
}

function writeTuple(values: readonly Pickled[], into: Uint8Array[]): void {
  into.push(text("("));
  for (const value of values) write(value, into);
  into.push(text("t"));
}

/** `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`. */
function writeTensor({ entry, storage, shape }: StoredTensor, into: Uint8Array[]): void {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const strides = shape.map((_, axis) =>
    shape.slice(axis + 1).reduce((product, extent) => product * extent, 1)
  );
  into.push(text("ctorch._utils\n_rebuild_tensor_v2\n(("), unicode("storage"));
  into.push(text(`ctorch\n${storage}\n`), unicode(entry), unicode("cpu"), integer(count));
  into.push(text("tQ"), integer(0));
  writeTuple(shape, into);
  writeTuple(strides, into);
  into.push(Uint8Array.of(0x89), text("ccollections\nOrderedDict\n)RtR"));
}

function text(letters: string): Uint8Array {
  return new TextEncoder().encode(letters);
}

function unicode(letters: string): Uint8Array {
  const bytes = text(letters);
  return framed("X", bytes.length, bytes);
}

function integer(value: number): Uint8Array {
  return framed("J", value, new Uint8Array());
}

/** An opcode, a number of four bytes, and what follows. */
function framed(opcode: string, value: number, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + rest.length);
  bytes[0] = opcode.charCodeAt(0);
  new DataView(bytes.buffer).setInt32(1, value, true);
  bytes.set(rest, 5);
  return bytes;
}
