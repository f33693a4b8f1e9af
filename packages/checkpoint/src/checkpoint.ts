import { CheckpointError, corruptFile } from "./errors.ts";
import { type CheckpointForm, HEAD_BYTES, recogniseForm } from "./recognise.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { readShardIndex, type ShardIndex } from "./shard_index.ts";
import type { Source } from "./source.ts";
import { TorchFile } from "./torch/torch_file.ts";
import type { WeightSource } from "./weight_source.ts";

/** The weights of a checkpoint, whatever its form. */
export interface Checkpoint extends WeightSource {
  /** How it is stored. */
  readonly form: CheckpointForm;
  /** Texts that it holds beside the weights, such as `config`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Options of {@link readCheckpoint}. */
export interface CheckpointOptions {
  /** Where in a file of PyTorch the weights are, such as `state_dict_ema`; the usual places else. */
  readonly nest?: string | undefined;
  /** Only the keys of this module, such as `backbone`, and without its name. */
  readonly prefix?: string | undefined;
  /** Opens a file beside an index; without it, indexes are refused. */
  readonly openShard?: ((name: string) => Promise<Source>) | undefined;
}

/** What data-parallel training puts before every key. */
const PARALLEL = "module.";
/** The first line of what Git keeps in place of a large file. */
const LFS_POINTER = "version https://git-lfs";

/**
 * Reads what a checkpoint holds, but no weights: safetensors, both containers of PyTorch, and
 * indexes of several such files, told apart by their first bytes.
 *
 * @param given The file; a checkpoint that is open already passes through.
 * @param options Which of its weights are meant.
 * @returns The checkpoint. It reads from the sources, which stay the caller's.
 * @throws {CheckpointError} `WEIGHTS_CORRUPT` for a damaged or foreign file, `WEIGHTS_UNSAFE` when
 * only code inside of it could make its weights, `WEIGHTS_MISMATCH` when it has nothing in the `nest`
 * or under the `prefix`.
 *
 * @example
 * ```ts
 * import { memorySource, readCheckpoint, writeSafetensors } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const bytes = writeSafetensors([
 *   { name: "module.backbone.norm.bias", dtype: "F32", shape: [1], values: [3] },
 * ]);
 * const checkpoint = await readCheckpoint(memorySource(bytes), { prefix: "backbone" });
 * assert.deepEqual([...checkpoint.keys()], ["norm.bias"]);
 * ```
 */
export async function readCheckpoint(
  given: Source | Checkpoint,
  options: CheckpointOptions = {},
): Promise<Checkpoint> {
  if ("find" in given) return given;
  const stored = await readStored(given, options);
  const parallel = [...stored.keys()].every((key) => key.startsWith(PARALLEL));
  const plain = parallel ? moduleOf(stored, PARALLEL) : stored;
  const { prefix } = options;
  if (prefix === undefined) return plain;
  const module = moduleOf(plain, prefix.endsWith(".") ? prefix : `${prefix}.`);
  if ([...module.keys()].length > 0) return module;
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${given.name}: none of its keys is in ${prefix}. ` +
      "Use a checkpoint that has this module.",
  );
}

/** The checkpoint with the keys that it has in its files. */
async function readStored(source: Source, options: CheckpointOptions): Promise<Checkpoint> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  const form = recogniseForm(head);
  if (form === undefined) throw corruptFile(source.name, describeForeign(head));
  if (form === "safetensors") return named(form, await SafetensorsFile.open(source));
  if (form !== "sharded") return named(form, await TorchFile.open(source, options));
  const { openShard, ...rest } = options;
  if (openShard === undefined) {
    throw corruptFile(source.name, "it is an index without the files that it names");
  }
  return await readShards(source.name, await readShardIndex(source), openShard, rest);
}

function named(form: CheckpointForm, file: SafetensorsFile | TorchFile): Checkpoint {
  return {
    name: file.name,
    form,
    metadata: file.metadata,
    keys: () => file.keys(),
    find: (key) => file.find(key),
  };
}

function describeForeign(head: Uint8Array): string {
  if (head.length === 0) return "it is empty";
  const text = new TextDecoder().decode(head);
  if (text.startsWith(LFS_POINTER)) return "it is a pointer of Git LFS, not the file itself";
  return `it is no checkpoint, it begins with ${JSON.stringify(text.slice(0, 16))}`;
}

/**
 * All shards are opened here and not when a weight is read: a network is compared with the shapes of
 * every key before the first of them goes to the GPU.
 */
async function readShards(
  name: string,
  { metadata, shardOf }: ShardIndex,
  openShard: (name: string) => Promise<Source>,
  options: CheckpointOptions,
): Promise<Checkpoint> {
  const shards = new Map<string, Checkpoint>();
  const homes = new Map<string, Checkpoint>();
  const texts: Record<string, string> = {};
  for (const shardName of new Set(shardOf.values())) {
    const shard = await readStored(await openShard(shardName), options);
    shards.set(shardName, shard);
    for (const key of shard.keys()) homes.set(key, shard);
    Object.assign(texts, shard.metadata);
  }
  const strays: string[] = [];
  for (const [key, shardName] of shardOf) {
    const shard = shards.get(shardName);
    if (shard?.find(key) === undefined) strays.push(`${key} is not in ${shardName}`);
    else homes.set(key, shard);
  }
  if (strays.length > 0) {
    throw new CheckpointError(
      "WEIGHTS_CORRUPT",
      `Cannot read ${name}: ${strays.length} keys are not where it says:\n  ` +
        `${strays.join("\n  ")}\nFetch the index and its files again.`,
      strays,
    );
  }
  return {
    name,
    form: "sharded",
    metadata: { ...texts, ...metadata },
    keys: () => homes.keys(),
    find: (key) => homes.get(key)?.find(key),
  };
}

/** The keys that begin with a prefix, without it. */
function moduleOf(checkpoint: Checkpoint, prefix: string): Checkpoint {
  const keys = [...checkpoint.keys()].filter((key) => key.startsWith(prefix));
  const names = new Set(keys.map((key) => key.slice(prefix.length)));
  return {
    ...checkpoint,
    keys: () => names,
    find: (key) => checkpoint.find(`${prefix}${key}`),
  };
}
