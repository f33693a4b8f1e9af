/**
 * Models from a hub into the cache: the only part of the packages that uses the network.
 *
 * @module
 */
import { join } from "node:path";
import { FileSource } from "../file_source.ts";
import { CONFIG_FILE, WEIGHT_FILES } from "../open_checkpoint.ts";
import { readShardIndex } from "../shard_index.ts";
import { fetchFile } from "./fetch_file.ts";
import { HubCache, isFile, isIndexName } from "./hub_cache.ts";
import { type FileFacts, HubClient, type HubOptions } from "./hub_client.ts";
import { HubError } from "./hub_error.ts";
import { type HubId, hubIdText } from "./hub_id.ts";

export { HubError, type HubErrorCode } from "./hub_error.ts";
export type { HubOptions } from "./hub_client.ts";
export type { RetryRule } from "./retry.ts";

/** Options of {@link downloadModel}. */
export interface DownloadOptions extends HubOptions {
  /** The project's cache folder. */
  readonly cache: string;
  /** Ask the hub even for what is in the cache: branches move. */
  readonly update?: boolean | undefined;
  /** Told of the progress. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Told once when another process is downloading from the same repository. */
  readonly onWait?: (() => void) | undefined;
}

/** Progress of a download, over all its files. */
export interface DownloadProgress {
  /** The stage of the work. */
  readonly phase: "load";
  /** Bytes that are there. */
  readonly done: number;
  /** Bytes of all files. */
  readonly total: number;
  /** What is counted. */
  readonly unit: "byte";
  /** The file that is fetched. */
  readonly item: string;
}

/** A model in the cache. */
export interface DownloadedModel {
  /** A path to open: a file, or a folder with the usual weights. */
  readonly path: string;
  /** The commit that it is of. */
  readonly commit: string;
  /** The files that were fetched or found; empty when the hub was not asked. */
  readonly files: readonly DownloadedFile[];
}

/** A file in the cache. */
export interface DownloadedFile {
  /** Its place. */
  readonly path: string;
  /** Its length. */
  readonly bytes: number;
  /** Whether it came over the network now. */
  readonly fetched: boolean;
}

/**
 * Puts a model into the cache. Files are resumed where an earlier call was cut off, verified by size
 * and, where the hub knows it, SHA-256, and get their names when they are complete; the hub is not
 * asked when everything is there. Calls at the same time wait for each other.
 *
 * @param id Repository, revision, and perhaps a file; without one the usual weights with their shards,
 * and `config.json`.
 * @param options Where the cache and the hub are.
 * @returns Where the model is.
 * @throws {HubError} When the hub denies it, does not have it or cannot be reached.
 * @throws {CheckpointError} `WEIGHTS_CORRUPT` when what comes is not what was announced.
 */
export async function downloadModel(
  id: HubId,
  options: DownloadOptions,
): Promise<DownloadedModel> {
  const cache = new HubCache(options.cache);
  using _turn = await lock(cache.repository(id), options);
  if (!options.update) {
    const [path, commit] = [await cache.find(id), await cache.commitOf(id)];
    if (path !== undefined && commit !== undefined) return { path, commit, files: [] };
  }
  const client = new HubClient(options);
  const weights = await findWeights(client, id);
  const { commit } = weights;
  const pinned = { ...id, revision: commit };
  const config = id.file === undefined ? await client.facts(pinned, CONFIG_FILE) : undefined;
  const shelf = new Shelf(cache, client, pinned, options);
  const shards = isIndexName(weights.file) ? await findShards(client, pinned, shelf, weights) : [];
  // What makes the cache find the model comes last, when all that belongs to it is there.
  const order = [...(config === undefined ? [] : [config]), ...shards, weights];
  const files = await shelf.put(order);
  await cache.remember(id, commit);
  const snapshot = cache.snapshot(id, commit);
  return { path: id.file === undefined ? snapshot : join(snapshot, id.file), commit, files };
}

/** The file that the id names, or the first of the usual ones. */
async function findWeights(client: HubClient, id: HubId): Promise<FileFacts> {
  for (const name of id.file === undefined ? WEIGHT_FILES : [id.file]) {
    const facts = await client.facts(id, name);
    if (facts !== undefined) return facts;
  }
  const reason = id.file === undefined
    ? `the repository has none of ${WEIGHT_FILES.join(", ")}`
    : "there is no such file";
  const known = (await listCheckpoints(client, id)).map((file) => hubIdText({ ...id, file }));
  const hint = known.length === 0
    ? "name a file that its page shows: hf:owner/name/file"
    : `name one of its files: ${known.join(", ")}`;
  throw new HubError("HUB_MISSING", hubIdText(id), reason, hint);
}

/** The files of a revision that look like weights; none where the hub gives no list. */
async function listCheckpoints(client: HubClient, id: HubId): Promise<string[]> {
  try {
    return (await client.list(id)).filter((path) => /\.(safetensors|pth|pt|bin)$/.test(path));
  } catch (error) {
    if (error instanceof HubError) return [];
    throw error;
  }
}

/** The shards that an index names; it is fetched for that. */
async function findShards(
  client: HubClient,
  id: HubId,
  shelf: Shelf,
  index: FileFacts,
): Promise<FileFacts[]> {
  using source = await FileSource.open(await shelf.fetch(index));
  const { shardOf } = await readShardIndex(source);
  const folder = index.file.slice(0, index.file.lastIndexOf("/") + 1);
  const shards: FileFacts[] = [];
  for (const name of new Set(shardOf.values())) {
    const file = `${folder}${name}`;
    const facts = await client.facts(id, file);
    if (facts === undefined) {
      const what = hubIdText({ ...id, file });
      throw new HubError("HUB_MISSING", what, `only ${index.file} knows it`, "tell its authors");
    }
    shards.push(facts);
  }
  return shards;
}

/** The files of one commit on their way into the cache. */
class Shelf {
  readonly #fetched = new Set<string>();

  constructor(
    readonly cache: HubCache,
    readonly client: HubClient,
    readonly id: HubId,
    readonly options: DownloadOptions,
  ) {}

  /** Fetches files by their content and then gives them their names, in order. */
  async put(files: readonly FileFacts[]): Promise<DownloadedFile[]> {
    const total = files.reduce((sum, { size }) => sum + size, 0);
    const placed: DownloadedFile[] = [];
    let before = 0;
    for (const facts of files) {
      const { file, size } = facts;
      const report = (bytes: number) =>
        this.options.onProgress?.({
          phase: "load",
          done: before + bytes,
          total,
          unit: "byte",
          item: file,
        });
      const blob = await this.fetch(facts, report);
      const path = join(this.cache.snapshot(this.id, facts.commit), file);
      await this.cache.link(blob, path);
      placed.push({ path, bytes: size, fetched: this.#fetched.has(blob) });
      before += size;
    }
    return placed;
  }

  /** Fetches one file unless its content is there, perhaps from another commit. */
  async fetch(facts: FileFacts, onBytes?: (bytes: number) => void): Promise<string> {
    const blob = this.cache.blob(this.id, await contentName(facts));
    if (await isFile(blob)) return blob;
    const { client, id, options: { signal } } = this;
    await fetchFile({ client, id, facts, target: blob, onBytes, signal });
    this.#fetched.add(blob);
    return blob;
  }
}

/** A file name for a content: its checksum, else one that stands for path and ETag. */
async function contentName({ file, etag, sha256 }: FileFacts): Promise<string> {
  if (sha256 !== undefined) return sha256;
  const text = new TextEncoder().encode(`${file}\n${etag}`);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex();
}

/** One process at a time works on a repository; the system frees the lock of one that dies. */
async function lock(
  folder: string,
  { signal, onWait }: DownloadOptions,
): Promise<Disposable> {
  await Deno.mkdir(folder, { recursive: true });
  const file = await Deno.open(join(folder, ".lock"), { write: true, create: true });
  try {
    if (!await file.tryLock(true)) {
      onWait?.();
      await untilAborted(file.lock(true), signal);
    }
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
