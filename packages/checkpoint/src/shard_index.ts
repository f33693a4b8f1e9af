import { corruptFile } from "./errors.ts";
import { isRecord, textEntries } from "./json.ts";
import type { Source } from "./source.ts";

/** What a `*.index.json` says. */
export interface ShardIndex {
  /** The texts of its `metadata`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The file of each key, beside the index. */
  readonly shardOf: ReadonlyMap<string, string>;
}

/** Largest index that is read; the largest published ones have some 60 MB. */
const LARGEST_INDEX = 256 << 20;
/** Longest file name that file systems take. */
const LONGEST_NAME = 255;

/**
 * Reads the index of a checkpoint that is cut into several files, as transformers writes it.
 *
 * @param source The `*.index.json`.
 * @returns Which file holds which key.
 * @throws {CheckpointError} `WEIGHTS_CORRUPT` when it is no such index, or names a file elsewhere.
 *
 * @example
 * ```ts
 * import { memorySource, readShardIndex } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const json = '{"weight_map":{"head.bias":"model-00001-of-00001.safetensors"}}';
 * const { shardOf } = await readShardIndex(memorySource(new TextEncoder().encode(json)));
 * assert.equal(shardOf.get("head.bias"), "model-00001-of-00001.safetensors");
 * ```
 */
export async function readShardIndex(source: Source): Promise<ShardIndex> {
  const { name, size } = source;
  if (size > LARGEST_INDEX) throw corruptFile(name, `an index of ${size} bytes is no index`);
  const index = parseJson(await source.read(0, size), name);
  const map = isRecord(index) ? index["weight_map"] : undefined;
  if (!isRecord(index) || !isRecord(map)) {
    throw corruptFile(name, "it is JSON without a weight_map");
  }
  const shardOf = new Map<string, string>();
  for (const [key, shard] of Object.entries(map)) {
    if (!isFileName(shard)) {
      throw corruptFile(
        name,
        `it places ${key} in ${JSON.stringify(shard)}, which is no file beside it`,
      );
    }
    shardOf.set(key, shard);
  }
  const { metadata } = index;
  return { metadata: textEntries(isRecord(metadata) ? Object.entries(metadata) : []), shardOf };
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw corruptFile(name, "it is neither weights nor JSON", cause);
  }
}

/** An index comes from a stranger: a path in it could lead anywhere. */
function isFileName(value: unknown): value is string {
  return typeof value === "string" && value.length <= LONGEST_NAME &&
    /^[^/\\:\0]+$/.test(value) && value !== "." && value !== "..";
}
