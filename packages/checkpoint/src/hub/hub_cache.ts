import { dirname, join } from "node:path";
import { CheckpointError } from "../errors.ts";
import { FileSource } from "../file_source.ts";
import { CONFIG_FILE, WEIGHT_FILES } from "../open_checkpoint.ts";
import { readShardIndex } from "../shard_index.ts";
import { type HubId, isCommit } from "./hub_id.ts";

const INDEX_ENDING = ".index.json";

/**
 * Downloaded models on the disk. Of a repository there are `blobs`, the files by their content,
 * `snapshots`, a folder for each commit with links to them under their names, `refs`, the commits that
 * branches and tags stood for, and `models`, a mark for each commit whose model is there as a whole and
 * not a file alone. Whatever has its final name is complete.
 */
export class HubCache {
  readonly #folder: string;

  /**
   * A cache; nothing is made before it is written to.
   *
   * @param folder The project's cache folder.
   */
  constructor(folder: string) {
    this.#folder = join(folder, "hub");
  }

  /**
   * Finds a downloaded model.
   *
   * @param id Which one.
   * @returns A path to open: the file of the id, or the folder with the usual weights; undefined when
   * it is not there or not complete.
   */
  async find(id: HubId): Promise<string | undefined> {
    const commit = await this.commitOf(id);
    if (commit === undefined) return undefined;
    const snapshot = this.snapshot(id, commit);
    if (id.file !== undefined) {
      const path = join(snapshot, id.file);
      return await isComplete(path) ? path : undefined;
    }
    if (!await this.#isWhole(id, commit)) return undefined;
    for (const name of WEIGHT_FILES) {
      if (await isComplete(join(snapshot, name))) return snapshot;
    }
    return undefined;
  }

  /**
   * The commit that a revision stood for when it was downloaded.
   *
   * @param id The model.
   * @returns 40 hexadecimal digits, or undefined when the revision was never downloaded.
   */
  async commitOf(id: HubId): Promise<string | undefined> {
    if (isCommit(id.revision)) return id.revision;
    const commit = await readIfThere(this.#ref(id));
    return commit !== undefined && isCommit(commit) ? commit : undefined;
  }

  /** Where the files of a commit are. */
  snapshot(id: HubId, commit: string): string {
    return join(this.repository(id), "snapshots", commit);
  }

  /** Where everything of a repository is. */
  repository({ repository }: HubId): string {
    // Names hold no two dashes in a row, so no two repositories share a folder.
    return join(this.#folder, repository.replace("/", "--"));
  }

  /** Where a file is by its content. */
  blob(id: HubId, name: string): string {
    return join(this.repository(id), "blobs", name);
  }

  /**
   * Gives a file of a commit its name.
   *
   * @param blob The complete file.
   * @param path Its place in the snapshot.
   */
  async link(blob: string, path: string): Promise<void> {
    if (await isFile(path)) return;
    await Deno.mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.part`;
    await Deno.remove(temporary).catch(ignoreMissing);
    // Some file systems know no second names.
    await Deno.link(blob, temporary).catch(() => Deno.copyFile(blob, temporary));
    await Deno.rename(temporary, path);
  }

  /**
   * Remembers what was downloaded.
   *
   * @param id What was asked for; without a file it was a whole model.
   * @param commit The commit that its revision stands for.
   */
  async remember(id: HubId, commit: string): Promise<void> {
    if (id.file === undefined) await writeWhole(this.#mark(id, commit), "");
    if (!isCommit(id.revision)) await writeWhole(this.#ref(id), commit);
  }

  /** Whether there is more than a file that was asked for alone; earlier versions left no mark. */
  async #isWhole(id: HubId, commit: string): Promise<boolean> {
    return await isFile(this.#mark(id, commit)) ||
      await isFile(join(this.snapshot(id, commit), CONFIG_FILE));
  }

  #mark(id: HubId, commit: string): string {
    return join(this.repository(id), "models", commit);
  }

  #ref(id: HubId): string {
    return join(this.repository(id), "refs", encodeURIComponent(id.revision));
  }
}

/** Whether a name is that of an index. */
export function isIndexName(name: string): boolean {
  return name.endsWith(INDEX_ENDING);
}

/** Whether a file is there, and with an index the files that it names. */
async function isComplete(path: string): Promise<boolean> {
  if (!await isFile(path)) return false;
  if (!isIndexName(path)) return true;
  try {
    using source = await FileSource.open(path);
    const { shardOf } = await readShardIndex(source);
    for (const name of new Set(shardOf.values())) {
      if (!await isFile(join(dirname(path), name))) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof CheckpointError) return false;
    throw error;
  }
}

/** Whether there is a file of this name. */
export async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isFile, (error) => {
    ignoreMissing(error);
    return false;
  });
}

/** A file that has its name only when it is complete. */
async function writeWhole(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(`${path}.part`, text);
  await Deno.rename(`${path}.part`, path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
  const isMissing = error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
  if (!isMissing) throw error;
}
