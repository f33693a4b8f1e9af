import {
  type Checkpoint,
  findModel,
  listModels,
  modelAddress,
  sha256Hex,
} from "@vicinity/checkpoint";
import { FileSource, openCheckpoint } from "@vicinity/checkpoint/deno";
import { HubCache, type HubId, hubIdText, isHubText, parseHubId } from "@vicinity/checkpoint/hub";
import { cacheFolder } from "./cache_folder.ts";
import { CliError } from "./errors.ts";
import { userPath } from "./paths.ts";

/** The model of a run, not opened yet. */
export interface ChosenModel {
  /** Its id in the registry or on the hub, or the name of the file given with `--weights`. */
  readonly id: string;
  /** Where its weights are: a path, or an id on the hub whose files are in the cache. */
  readonly address: string | URL;
  /** What the registry says of the file; absent for a file of the user's. */
  readonly expected: { readonly bytes: number; readonly sha256: string } | undefined;
}

/** The weights of a run, open; dispose to close their files. */
export interface OpenWeights extends Disposable {
  /** The checkpoint, for a model's loader. */
  readonly source: Checkpoint;
  /** SHA-256 of the whole file, or of an index and its shards one after the other. */
  readonly sha256: string;
}

/**
 * Decides which model a run uses.
 *
 * @param task What the model must be able to do.
 * @param id The value of `--model`, an id in the registry or `hf:owner/name`; the task's first model
 * when absent.
 * @param weights The value of `--weights`, a path or `hf:owner/name/file`, which wins.
 * @returns The choice.
 * @throws {CliError} `MODEL_TASK` for a model of another command, `WEIGHTS_MISSING` when none is registered,
 * `USAGE` for a hub id that is none.
 */
export function chooseModel(
  task: string,
  id: string | undefined,
  weights: string | undefined,
): ChosenModel {
  if (weights !== undefined) {
    const address = isHubText(weights) ? hubIdText(readHubId(weights)) : userPath(weights);
    return { id: id ?? weights, address, expected: undefined };
  }
  if (id !== undefined && isHubText(id)) {
    return { id, address: hubIdText(readHubId(id)), expected: undefined };
  }
  const entry = id === undefined ? listModels(task)[0] : findModel(id);
  if (entry === undefined) {
    throw new CliError("WEIGHTS_MISSING", `no model for ${task} is registered`, {
      hint: "give a model file with --weights",
    });
  }
  if (entry.task !== task) {
    throw new CliError("MODEL_TASK", `the model ${entry.id} is for ${entry.task}, not ${task}`, {
      hint: `use: deno task ${commandFor(entry.task)}`,
    });
  }
  return { id: entry.id, address: modelAddress(entry.file), expected: entry };
}

/** Tasks whose command is not called like them. */
const COMMANDS: Readonly<Record<string, string>> = { detect2d: "detect", detect3d: "detect" };

function commandFor(task: string): string {
  return COMMANDS[task] ?? task;
}

/**
 * Reads the id of a model on a hub.
 *
 * @param text What the user typed.
 * @returns The id.
 * @throws {CliError} `USAGE` when it is none.
 */
export function readHubId(text: string): HubId {
  const id = parseHubId(text);
  if (id !== undefined) return id;
  throw new CliError("USAGE", `"${text}" is no id of a model on a hub`, {
    hint: "write hf:owner/name, hf:owner/name@revision or hf:owner/name/file",
  });
}

/**
 * Opens a model's weights and compares them with what the registry says. What is on a hub is read from
 * the cache; the network is not used.
 *
 * @param model The choice.
 * @returns The open checkpoint and its checksum.
 * @throws {CliError} `WEIGHTS_CORRUPT` when the file is not the registered one, `WEIGHTS_MISSING` when
 * it was not downloaded.
 * @throws {CheckpointError} `WEIGHTS_MISSING` when there is no such file.
 */
export async function openWeights(model: ChosenModel): Promise<OpenWeights> {
  const { address, expected } = model;
  const isCached = typeof address === "string" && isHubText(address);
  const path = isCached ? await findInCache(readHubId(address)) : address;
  if (expected !== undefined) await requireIntact(path, expected);
  const source = await openCheckpoint(path);
  try {
    const sha256 = expected?.sha256 ?? await sha256Hex(...source.files);
    return { source, sha256, [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

async function findInCache(id: HubId): Promise<string> {
  const path = await new HubCache(cacheFolder()).find(id);
  if (path !== undefined) return path;
  throw new CliError("WEIGHTS_MISSING", `${hubIdText(id)} was not downloaded`, {
    hint: `fetch it once with: deno task download ${hubIdText(id)}`,
  });
}

async function requireIntact(
  path: string | URL,
  expected: NonNullable<ChosenModel["expected"]>,
): Promise<void> {
  using source = await FileSource.open(path);
  if (expected.bytes !== source.size) {
    throw damaged(source, `${source.size} bytes of ${expected.bytes} are there`);
  }
  const sha256 = await sha256Hex(source);
  if (expected.sha256 !== sha256) {
    throw damaged(source, `its SHA-256 is ${sha256}, not ${expected.sha256}`);
  }
}

function damaged(source: FileSource, reason: string): CliError {
  return new CliError("WEIGHTS_CORRUPT", `the model file is damaged: ${reason}`, {
    file: source.name,
    hint: "restore the file, for example with git checkout",
  });
}
