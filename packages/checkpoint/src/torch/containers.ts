/** The two containers of PyTorch: a zip archive since 1.6, pickles one behind the other before. */
import { configure, Reader, ZipReader } from "@zip.js/zip.js";
import { DTYPE_BYTES } from "../dtype.ts";
import type { Source } from "../source.ts";
import { Budget, WEIGHT } from "./budget.ts";
import { PickleEndError, PickleError } from "./pickle_error.ts";
import { type StorageRef, torchHooks } from "./torch_values.ts";
import { unpickle } from "./unpickle.ts";

/** An opened container. */
export interface Container {
  /** The unpickled object. */
  readonly root: unknown;
  /** Pays for what is made of it. */
  readonly budget: Budget;
  /** Where the bytes of a storage lie. */
  locate(storage: StorageRef): ByteRange;
}

/** A part of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** `0x1950a86a20f9469cfc6c`, the first pickle of an old file. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
/** Largest pickle that is read; those of the largest published models have a few MB. */
const PICKLE_LIMIT = 256 << 20;
/** Bytes of an old file that are searched for its pickles, first and then as many times more. */
const FIRST_READ = 1 << 20;
const READ_GROWTH = 4;
const ZIP_SIGNATURE = [0x50, 0x4b, 0x03, 0x04];
/** Fixed part of a local header of a zip archive, and where its two lengths are. */
const LOCAL_HEADER = { size: 30, nameLength: 26, extraLength: 28 };

/** Whether a file begins like a zip archive. */
export async function isZip(source: Source): Promise<boolean> {
  if (source.size < ZIP_SIGNATURE.length) return false;
  const start = await source.read(0, ZIP_SIGNATURE.length);
  return ZIP_SIGNATURE.every((byte, at) => start[at] === byte);
}

/** Gives an archive's reader the bytes of a source. */
class SourceReader extends Reader<Source> {
  readonly #source: Source;

  constructor(source: Source) {
    super(source);
    this.#source = source;
    this.size = source.size;
  }

  override readUint8Array(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const end = Math.min(this.#source.size, offset + length);
    return this.#source.read(Math.min(offset, end), Math.max(0, end - offset));
  }
}

/**
 * Opens an archive, `NAME/data.pkl` and `NAME/data/KEY`, entries not compressed.
 *
 * @param source The file.
 * @returns The container.
 */
export async function openZip(source: Source): Promise<Container> {
  const budget = new Budget(source.size);
  const places = await listEntries(source, budget);
  const pickle = places.get("data.pkl");
  if (!pickle) throw new PickleError("the archive holds no data.pkl");
  checkPickle(pickle.length);
  await checkByteOrder(source, places.get("byteorder"));
  budget.take(pickle.length);
  const bytes = await source.read(pickle.offset, pickle.length);
  const { value } = unpickle(bytes, torchHooks(budget, new Map()), budget);
  return { root: value, budget, locate: ({ key }) => found(places.get(`data/${key}`), key) };
}

/** Where the entries are, by their names without the folder that all of them are in. */
async function listEntries(source: Source, budget: Budget): Promise<Map<string, ByteRange>> {
  configure({ useWebWorkers: false });
  const reader = new ZipReader(new SourceReader(source));
  const places = new Map<string, ByteRange>();
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      const { filename, offset, uncompressedSize } = entry;
      budget.take(WEIGHT.entry + 2 * filename.length);
      if (entry.directory) continue;
      if (entry.compressionMethod !== 0) throw new PickleError(`${filename} is compressed`);
      const name = filename.slice(filename.indexOf("/") + 1);
      places.set(name, await withoutHeader(source, { offset, length: uncompressedSize }));
    }
  } finally {
    await reader.close();
  }
  return places;
}

function checkPickle(length: number): void {
  if (length > PICKLE_LIMIT) throw new PickleError(`its pickle has ${length} bytes`);
}

/** PyTorch says since 2.1 how its numbers lie; before, and by default, the least byte is first. */
async function checkByteOrder(source: Source, place: ByteRange | undefined): Promise<void> {
  if (place === undefined || place.length !== "big".length) return;
  const order = new TextDecoder().decode(await source.read(place.offset, place.length));
  if (order === "big") throw new PickleError("its numbers have their greatest byte first");
}

function found(range: ByteRange | undefined, key: string): ByteRange {
  if (range) return range;
  throw new PickleError(`the storage ${key.slice(0, 40)} is missing`);
}

async function withoutHeader(source: Source, { offset, length }: ByteRange): Promise<ByteRange> {
  const { size, nameLength, extraLength } = LOCAL_HEADER;
  if (offset + size > source.size) throw new PickleError("the archive is cut off");
  const header = await source.read(offset, size);
  const view = new DataView(header.buffer);
  const start = offset + size + view.getUint16(nameLength, true) +
    view.getUint16(extraLength, true);
  if (start + length > source.size) throw new PickleError("the archive is cut off");
  return { offset: start, length };
}

/** What stands before the numbers of a file from before 1.6. */
interface LegacyHead {
  readonly root: unknown;
  readonly budget: Budget;
  readonly keys: readonly unknown[];
  readonly storages: ReadonlyMap<string, StorageRef>;
  readonly end: number;
}

function readLegacyHead(bytes: Uint8Array, budget: Budget): LegacyHead {
  const storages = new Map<string, StorageRef>();
  const hooks = torchHooks(budget, storages);
  let end = 0;
  const next = () => {
    const pickle = unpickle(bytes.subarray(end), hooks, budget);
    end += pickle.end;
    return pickle.value;
  };
  if (next() !== LEGACY_MAGIC) throw new PickleError("it is no file of PyTorch");
  next(); // protocol version
  next(); // system
  const root = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new PickleError("its storages have no names");
  return { root, budget, keys, storages, end };
}

/** Nothing says how long the pickles are: they are read again from more of the file while they do not end. */
async function findLegacyHead(source: Source): Promise<LegacyHead> {
  const most = Math.min(source.size, PICKLE_LIMIT);
  for (let length = Math.min(most, FIRST_READ);; length = Math.min(most, length * READ_GROWTH)) {
    const budget = new Budget(source.size);
    budget.take(length);
    const bytes = await source.read(0, length);
    try {
      return readLegacyHead(bytes, budget);
    } catch (error) {
      if (!(error instanceof PickleEndError) || length === most) throw error;
      bytes.buffer.transfer(0); // frees it before more is read
    }
  }
}

/**
 * Opens a file from before 1.6: magic number, protocol, system, object, keys of the storages, and
 * for each of them its length and its bytes.
 *
 * @param source The file.
 * @returns The container.
 */
export async function openLegacy(source: Source): Promise<Container> {
  const { root, budget, keys, storages, end } = await findLegacyHead(source);
  let at = end;
  const places = new Map<string, ByteRange>();
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage) throw new PickleError("it stores numbers that no tensor uses");
    if (places.has(storage.key)) throw new PickleError("it stores the same numbers twice");
    const offset = at + 8;
    const length = storage.count * DTYPE_BYTES[storage.dtype];
    if (offset + length > source.size) throw new PickleError("it ends too early");
    const header = await source.read(at, 8);
    const stored = new DataView(header.buffer).getBigInt64(0, true);
    if (stored !== BigInt(storage.count)) {
      throw new PickleError(`the storage ${storage.key} has another length`);
    }
    places.set(storage.key, { offset, length });
    at = offset + length;
  }
  return { root, budget, locate: ({ key }) => found(places.get(key), key) };
}
