/**
 * Checkpoints of any form from the file system of Deno: files, folders and indexes with the files
 * that they name.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Checkpoint, type CheckpointOptions, readCheckpoint } from "./checkpoint.ts";
import { CheckpointError } from "./errors.ts";
import { FileSource } from "./file_source.ts";
import type { Source } from "./source.ts";

/** The names under which a repository or a folder keeps its weights, the best first. */
export const WEIGHT_FILES = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
] as const;
/** The name of the configuration beside weights, and of its text in their metadata. */
export const CONFIG_FILE = "config.json";

const ENDINGS = [".safetensors", ".pth", ".pt", ".bin"];

/** A checkpoint together with the open files behind it; dispose of it to close them all. */
export interface OpenCheckpoint extends Checkpoint, Disposable {
  /** The files that it is read from: one, or an index and its shards in its order. */
  readonly files: readonly Source[];
}

/** Options of {@link openCheckpoint}. */
export type OpenOptions = Omit<CheckpointOptions, "openShard">;

/**
 * Opens a checkpoint of any form. Weights in a folder and behind an index get the text of a
 * `config.json` beside them as their metadata `config.json`.
 *
 * @param path A path or `file:` address of a file, an index or a folder.
 * @param options Which of its weights are meant.
 * @returns The checkpoint with its headers checked; the caller disposes of it.
 * @throws {CheckpointError} `WEIGHTS_MISSING`, `WEIGHTS_CORRUPT` or `WEIGHTS_MISMATCH`.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "@vicinity/checkpoint";
 * import { openCheckpoint } from "@vicinity/checkpoint/deno";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeFile(`${folder}/model.safetensors`, writeSafetensors([]));
 * using checkpoint = await openCheckpoint(folder);
 * assert.equal(checkpoint.form, "safetensors");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function openCheckpoint(
  path: string | URL,
  options: OpenOptions = {},
): Promise<OpenCheckpoint> {
  const given = path instanceof URL ? fileURLToPath(path) : path;
  const file = await isFolder(given) ? await findWeights(given) : given;
  using opened = new DisposableStack();
  const files: Source[] = [];
  const open = async (place: string): Promise<Source> => {
    const source = opened.use(await FileSource.open(place));
    files.push(source);
    return source;
  };
  const openShard = (name: string) => open(join(dirname(file), name));
  const checkpoint = await readCheckpoint(await open(file), { ...options, openShard });
  const hasOwnFolder = file !== given || checkpoint.form === "sharded";
  const metadata = hasOwnFolder
    ? { ...await readConfig(dirname(file)), ...checkpoint.metadata }
    : checkpoint.metadata;
  const closing = opened.move();
  return { ...checkpoint, metadata, files, [Symbol.dispose]: () => closing.dispose() };
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

/** The usual file, or the only one that can be meant. */
async function findWeights(folder: string): Promise<string> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) names.push(name);
  }
  const usual = WEIGHT_FILES.find((name) => names.includes(name));
  if (usual !== undefined) return join(folder, usual);
  const possible = names.filter((name) => ENDINGS.some((ending) => name.endsWith(ending))).sort();
  const [only] = possible;
  if (only !== undefined && possible.length === 1) return join(folder, only);
  const reason = only === undefined ? "it holds no weights" : `it holds ${possible.join(", ")}`;
  throw new CheckpointError(
    "WEIGHTS_MISSING",
    `Cannot open ${folder}: ${reason}. Name the file that is meant.`,
  );
}

async function readConfig(folder: string): Promise<Readonly<Record<string, string>>> {
  try {
    return { [CONFIG_FILE]: await Deno.readTextFile(join(folder, CONFIG_FILE)) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}
