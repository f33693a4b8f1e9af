/**
 * Damaged and hostile checkpoints: each gives an error of ours or a result, soon and with no more
 * memory than its budget for pickles allows, about twice its size.
 */
import { type Checkpoint, type CheckpointOptions, readCheckpoint } from "../checkpoint.ts";
import { DTYPE_BYTES } from "../dtype.ts";
import { CheckpointError } from "../errors.ts";
import { memorySource, type Source } from "../source.ts";
import { memoryLimit } from "../torch/budget.ts";
import { hostileArchive, hostileLegacy, mixedPickle } from "./hostile_files.ts";

/** Longest time that a file may take; the slowest of the hostile ones takes 10 s on a busy core. */
const TIME_LIMIT_MS = 60_000;
/**
 * Bytes that are dropped but not collected yet, which no reader can help: V8 lets them gather among
 * its young objects before it looks. Pickles leave some 20 MiB, the directory of an archive 100 MiB.
 */
const GARBAGE = { pickle: 32 << 20, archive: 128 << 20 };
/** Sizes of hostile files: the larger ones show what a byte of them takes. */
const HOSTILE_BYTES = [1 << 10, 1 << 16, 1 << 20, 25 << 20];
/** Share of archives among hostile files. */
const ARCHIVES = 0.1;

/** Numbers in [0, 1), the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A copy with some bytes changed, cut off, repeated or moved. */
function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = () => Math.floor(random() * bytes.length);
  const copy = bytes.slice();
  for (let change = Math.floor(random() * 8); change >= 0; change--) {
    copy[at()] = Math.floor(random() * 256);
  }
  const kind = random();
  if (kind < 0.1) return copy.subarray(0, at());
  if (kind < 0.2) copy.copyWithin(at(), at(), at());
  return copy;
}

/** A checkpoint to damage. */
export interface FuzzSubject {
  /** An intact file. */
  readonly bytes: Uint8Array;
  /** Opens the intact files beside it, if it is an index. */
  readonly openShard?: CheckpointOptions["openShard"];
  /** Bytes of all its files. */
  readonly size?: number;
}

/** Called before each file is read. */
export type OnFile = (file: number) => void;

/**
 * Reads damaged copies of a file.
 *
 * @param subject The file.
 * @param count How many copies.
 * @param seed Decides the damage.
 * @param onFile Told of each copy.
 * @returns How many could be read all the same.
 * @throws Whatever a copy throws that is no {@link CheckpointError}, and a `RangeError` when one
 * takes too much time or memory.
 */
export async function fuzzCheckpoint(
  { bytes, openShard, size = bytes.length }: FuzzSubject,
  count: number,
  seed: number,
  onFile: OnFile = () => {},
): Promise<number> {
  const random = randomOf(seed);
  return await countReadable(
    count,
    onFile,
    () => isReadable(memorySource(damaged(bytes, random)), { size, openShard }),
  );
}

/**
 * Reads files that were made to take much, of several sizes.
 *
 * @param count How many.
 * @param seed Decides what they do.
 * @param onFile Told of each.
 * @returns How many could be read all the same.
 * @throws As {@link fuzzCheckpoint}.
 */
export async function fuzzHostile(
  count: number,
  seed: number,
  onFile: OnFile = () => {},
): Promise<number> {
  const random = randomOf(seed);
  return await countReadable(count, onFile, async (file) => {
    const size = HOSTILE_BYTES[file % HOSTILE_BYTES.length] ?? 0;
    const kind = random() < ARCHIVES ? "archive" : "pickle";
    const bytes = kind === "archive"
      ? hostileArchive(size)
      : hostileLegacy(mixedPickle(random), size);
    await collectGarbage();
    return await isReadable(memorySource(bytes), { kind });
  });
}

/** How many of some files could be read. */
async function countReadable(
  count: number,
  onFile: OnFile,
  tryFile: (file: number) => Promise<boolean>,
): Promise<number> {
  let read = 0;
  for (let file = 0; file < count; file++) {
    onFile(file);
    if (await tryFile(file)) read++;
  }
  return read;
}

/** What decides the limits of a reading. */
interface Reading {
  /** Bytes of all files, when there is more than one. */
  readonly size?: number;
  /** Opens the others. */
  readonly openShard?: CheckpointOptions["openShard"];
  /** What leaves garbage behind. */
  readonly kind?: keyof typeof GARBAGE;
  /** Storages that it names; none when absent. */
  readonly storages?: number;
}

/**
 * Reads a checkpoint and all of its weights, within limits.
 *
 * @param source Its file.
 * @param reading What decides the limits.
 * @returns Whether it can be read.
 * @throws {RangeError} When it takes too much time or memory. Memory is that of opening; a weight that
 * is asked for takes that of its stored numbers, and as floats what so many floats take.
 */
export async function isReadable(source: Source, reading: Reading = {}): Promise<boolean> {
  const began = performance.now();
  const readable = await readWithin(source, reading);
  const took = performance.now() - began;
  if (took > TIME_LIMIT_MS) throw new RangeError(`${source.name} took ${took} ms`);
  return readable;
}

async function readWithin(source: Source, reading: Reading): Promise<boolean> {
  const limit = memoryLimit(reading.size ?? source.size, reading.storages);
  try {
    await readWeights(await openWithin(source, limit, reading), limit);
    return true;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return false;
  }
}

async function openWithin(
  source: Source,
  limit: number,
  { openShard, kind = "pickle" }: Reading,
): Promise<Checkpoint> {
  const before = memoryInUse();
  const check = () => {
    const taken = memoryInUse() - before;
    if (taken <= limit + GARBAGE[kind]) return;
    throw new RangeError(`${source.name} of ${source.size} bytes took ${taken} bytes of memory`);
  };
  return await readCheckpoint(source, { openShard }).finally(check);
}

/** Bytes of objects and buffers; pages are not told, so that the time alone is limited there. */
function memoryInUse(): number {
  if (!("memoryUsage" in Deno)) return 0;
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/**
 * Drops what earlier files left behind, where V8 was told to `--expose-gc`: else it would be
 * collected while the next one is measured.
 */
async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  // What was awaited still holds objects until its turn is over.
  await new Promise((resolve) => setTimeout(resolve));
  gc?.();
}

async function readWeights(checkpoint: Checkpoint, limit: number): Promise<void> {
  for (const key of checkpoint.keys()) {
    const weight = checkpoint.find(key);
    const stored = (await weight?.float32() ?? []).length * DTYPE_BYTES[weight?.dtype ?? "U8"];
    if (stored > limit) throw new RangeError(`${key} has ${stored} bytes`);
  }
}

/** Opens files of a folder that are in memory; others are missing. */
function shardsOf(
  files: ReadonlyMap<string, Uint8Array>,
): NonNullable<CheckpointOptions["openShard"]> {
  return (name) => {
    const bytes = files.get(name);
    if (bytes !== undefined) return Promise.resolve(memorySource(bytes, name));
    return Promise.reject(
      new CheckpointError("WEIGHTS_MISSING", `Cannot open ${name}: it is gone.`),
    );
  };
}

/** An intact checkpoint of every form out of `fixtures/checkpoint`, by its name. */
export async function fuzzSubjects(folder: URL): Promise<ReadonlyMap<string, FuzzSubject>> {
  const subjects = new Map<string, FuzzSubject>();
  const read = (name: string) => Deno.readFile(new URL(name, folder));
  for (const name of ["exotic_zip.pth", "exotic_legacy.pth", "exotic_expected.safetensors"]) {
    subjects.set(name, { bytes: await read(name) });
  }
  const files = new Map<string, Uint8Array>();
  for await (const { name } of Deno.readDir(new URL("forms/sharded/", folder))) {
    files.set(name, await read(`forms/sharded/${name}`));
  }
  const index = "pytorch_model.bin.index.json";
  subjects.set(index, {
    bytes: await read(`forms/sharded/${index}`),
    openShard: shardsOf(files),
    size: [...files.values()].reduce((sum, { length }) => sum + length, 0),
  });
  return subjects;
}
