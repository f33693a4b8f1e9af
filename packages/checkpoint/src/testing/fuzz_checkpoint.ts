/** Damaged checkpoints: each gives an error of ours or a result, and never hangs or crashes. */
import { type CheckpointOptions, readCheckpoint } from "../checkpoint.ts";
import { CheckpointError } from "../errors.ts";
import { memorySource } from "../source.ts";

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

/**
 * Reads damaged copies of a file.
 *
 * @param subject The file.
 * @param count How many copies.
 * @param seed Decides the damage.
 * @returns How many could be read all the same.
 * @throws Whatever a copy throws that is no {@link CheckpointError}.
 */
export async function fuzzCheckpoint(
  { bytes, openShard, size = bytes.length }: FuzzSubject,
  count: number,
  seed: number,
): Promise<number> {
  const random = randomOf(seed);
  let read = 0;
  for (let copy = 0; copy < count; copy++) {
    try {
      const source = memorySource(damaged(bytes, random));
      const checkpoint = await readCheckpoint(source, { openShard });
      for (const key of checkpoint.keys()) {
        const values = await checkpoint.find(key)?.float32();
        if ((values?.byteLength ?? 0) > 16 * size) {
          throw new RangeError(`${key} of copy ${copy} has ${values?.byteLength} bytes`);
        }
      }
      read++;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
    }
  }
  return read;
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
