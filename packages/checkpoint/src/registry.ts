import defaultRegistry from "../../../models/registry.json" with { type: "json" };
import { CheckpointError } from "./errors.ts";
import { nearestName } from "./nearest_name.ts";

/** A model that ships with the project or that a registry file describes. */
export interface ModelEntry {
  /** What a person types to choose it, such as `mini-xs`. */
  readonly id: string;
  /**
   * What it says of an input, as its package calls it: `classify`, of pixels `semantic`, `instance` or
   * `manipulation`, `detect2d` in pictures, `detect3d` in scans, `upscale`.
   */
  readonly task: string;
  /** The package that runs it, such as `simplegvr`. */
  readonly package: string;
  /** Its weights, relative to the registry's folder. */
  readonly file: string;
  /** Size of the weights in bytes. */
  readonly bytes: number;
  /** SHA-256 of the weights, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Magnifications it serves; empty for tasks without a scale. */
  readonly scales: readonly number[];
  /** Licence of the weights, an SPDX expression. */
  readonly licence: string;
  /** Number of parameters. */
  readonly params: number;
  /** Its model card, relative to the registry's folder. */
  readonly card: string;
  /** Where the weights come from: a training script or an address. */
  readonly source: string;
}

const TEXT_FIELDS = ["id", "task", "package", "file", "sha256", "licence", "card", "source"];
const COUNT_FIELDS = ["bytes", "params"];

/**
 * Checks the contents of a `registry.json`.
 *
 * @param value The parsed JSON: `{ "models": [ … ] }`.
 * @returns Its entries.
 * @throws {CheckpointError} `WEIGHTS_CORRUPT`, naming the entry and field that are wrong.
 *
 * @example
 * ```ts
 * import { parseRegistry } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseRegistry({ models: [] }), []);
 * ```
 */
export function parseRegistry(value: unknown): readonly ModelEntry[] {
  if (!isRecord(value) || !Array.isArray(value["models"])) {
    throw invalid("it has no list named models");
  }
  const ids = new Set<string>();
  return value["models"].map((entry: unknown, index) => {
    if (!isModelEntry(entry, index)) throw invalid(`model ${index} is not an object`);
    if (ids.has(entry.id)) throw invalid(`the id ${entry.id} appears twice`);
    ids.add(entry.id);
    return entry;
  });
}

/**
 * Lists the models that ship with the project.
 *
 * @param task Only models of this task.
 * @returns Their entries, in the registry's order; the first of a task is its default.
 *
 * @example
 * ```ts
 * import { listModels } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.ok(listModels("upscale").every((model) => model.task === "upscale"));
 * ```
 */
export function listModels(task?: string): readonly ModelEntry[] {
  const models = parseRegistry(defaultRegistry);
  return task === undefined ? models : models.filter((model) => model.task === task);
}

/**
 * Finds a model by its id.
 *
 * @param id What the person typed.
 * @param models Where to look; the project's own models by default.
 * @returns The entry.
 * @throws {CheckpointError} `WEIGHTS_MISSING` with the closest id when there is none.
 *
 * @example
 * ```ts
 * import { CheckpointError, findModel } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.throws(() => findModel("no-such-model"), CheckpointError);
 * ```
 */
export function findModel(id: string, models: readonly ModelEntry[] = listModels()): ModelEntry {
  const found = models.find((model) => model.id === id);
  if (found !== undefined) return found;
  const ids = models.map((model) => model.id);
  const near = nearestName(id, ids);
  const advice = near === undefined
    ? ids.length === 0 ? "No models are registered." : `Use one of: ${ids.join(", ")}.`
    : `Did you mean ${near}?`;
  throw new CheckpointError(
    "WEIGHTS_MISSING",
    `Cannot find model ${JSON.stringify(id)}: the registry does not list it. ${advice}`,
  );
}

/**
 * Gives the address of a file that the project's registry names.
 *
 * @param file A path relative to the registry, such as {@link ModelEntry.file}.
 * @returns Its address beside this package: a `file:` URL in Deno, the server's in a browser.
 *
 * @example
 * ```ts
 * import { modelAddress } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.ok(modelAddress("a.safetensors").pathname.endsWith("/models/a.safetensors"));
 * ```
 */
export function modelAddress(file: string): URL {
  return new URL(`../../../models/${file}`, import.meta.url);
}

function isModelEntry(entry: unknown, index: number): entry is ModelEntry {
  if (!isRecord(entry)) return false;
  const label = typeof entry["id"] === "string" ? entry["id"] : index;
  for (const field of TEXT_FIELDS) {
    const text = entry[field];
    if (typeof text !== "string" || text === "") throw invalid(`model ${label} has no ${field}`);
  }
  for (const field of COUNT_FIELDS) {
    if (!isCount(entry[field])) throw invalid(`model ${label} has no whole number ${field}`);
  }
  const { scales, sha256 } = entry;
  if (!Array.isArray(scales) || !scales.every((scale) => typeof scale === "number" && scale > 0)) {
    throw invalid(`model ${label} has no list of scales`);
  }
  if (!/^[0-9a-f]{64}$/.test(String(sha256))) throw invalid(`model ${label} has a bad sha256`);
  return true;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(reason: string): CheckpointError {
  return new CheckpointError(
    "WEIGHTS_CORRUPT",
    `Cannot read the model registry: ${reason}. Correct registry.json.`,
  );
}
