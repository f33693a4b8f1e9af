import {
  type Checkpoint,
  listModels,
  modelAddress,
  type ModelEntry,
  sha256Hex,
} from "@vicinity/checkpoint";
import { FileSource, openCheckpoint } from "@vicinity/checkpoint/deno";
import { HubCache, type HubId, hubIdText, isHubText, parseHubId } from "@vicinity/checkpoint/hub";
import type { RecognisedModel } from "@vicinity/vision";
import { cacheFolder } from "./cache_folder.ts";
import { CliError } from "./errors.ts";
import { otherTask, unusableName } from "./model_names.ts";
import { publishedModels, type Task } from "./packages.ts";
import { userPath } from "./paths.ts";
import { findPublished } from "./published_weights.ts";

/** The model of a run, not opened yet. */
export interface ChosenModel {
  /** Its id in the registry or on the hub, or the name of the file given with `--weights`. */
  readonly id: string;
  /** Where its weights are: a path, or an id on the hub whose files are in the cache. */
  readonly address: string | URL;
  /** What the registry says of the file; absent for a file of the user's. */
  readonly expected: { readonly bytes: number; readonly sha256: string } | undefined;
  /** What it is, where its name says it; else its file does. */
  readonly known?: RecognisedModel | undefined;
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
 * @param tasks What the model must be able to do, one of these.
 * @param given The values of `--model`, an id in the registry, of a published model or `hf:owner/name`,
 * and of `--weights`, a path or `hf:owner/name/file`, which is then the file of that model. Without them
 * it is the first model of the first task that has one.
 * @returns The choice.
 * @throws {CliError} `WEIGHTS_MISSING` when there is none or its weights are not here, `MODEL_TASK` for a
 * model of other tasks, `USAGE` for a name that no model has and for a hub id that is none.
 */
export function chooseModel(tasks: readonly Task[], given: ModelWish = {}): ChosenModel {
  const { model, weights } = given;
  if (model === undefined) return weights === undefined ? usual(tasks) : chosenFile(weights);
  if (isHubText(model)) return chosenHubModel(model, weights);
  const published = publishedModels(tasks).find(({ id }) => id === model);
  if (published !== undefined) {
    const { id, task: kind, package: owner } = published;
    const file = chosenFile(weights ?? findPublished(published));
    return { ...file, id, known: { kind, package: owner, model: id } };
  }
  const entry = listModels().find(({ id }) => id === model);
  if (entry === undefined) throw unusableName(model, tasks);
  if (weights === undefined) return registered(entry, tasks);
  const { known } = registered(entry, tasks);
  if (known === undefined) throw otherTask(model, entry.task);
  return { ...chosenFile(weights), id: model, known };
}

/** The first model of the first task that has one. */
function usual(tasks: readonly Task[]): ChosenModel {
  const [entry] = tasks.flatMap((task) => listModels(task));
  if (entry !== undefined) return registered(entry, tasks);
  throw new CliError("WEIGHTS_MISSING", `no model for ${tasks.join(" or ")} is registered`, {
    hint: "give a model file with --weights",
  });
}

/** A model of the registry; one for other tasks may still do one of these, which its file says. */
function registered(entry: ModelEntry, tasks: readonly Task[]): ChosenModel {
  const { id, task, package: owner, file } = entry;
  const known = tasks.some((wanted) => wanted === task)
    ? { kind: task, package: owner }
    : undefined;
  return { id, address: modelAddress(file), expected: entry, known };
}

function chosenHubModel(model: string, weights: string | undefined): ChosenModel {
  if (weights === undefined) return chosenFile(model);
  throw new CliError("USAGE", `--model ${model} and --weights are two files`, {
    hint: "give one",
  });
}

/** What a user says of a model. */
export interface ModelWish {
  /** The value of `--model`. */
  readonly model?: string | undefined;
  /** The value of `--weights`. */
  readonly weights?: string | undefined;
}

function chosenFile(text: string): ChosenModel {
  const address = isHubText(text) ? hubIdText(readHubId(text)) : userPath(text);
  return { id: text, address, expected: undefined };
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
  const { expected } = model;
  const path = await placeOf(model);
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

/**
 * Finds the files of a model.
 *
 * @param model The choice.
 * @returns Their path or address; of what is on a hub that in the cache.
 * @throws {CliError} `WEIGHTS_MISSING` when it was not downloaded.
 */
export async function placeOf({ address }: ChosenModel): Promise<string | URL> {
  const isCached = typeof address === "string" && isHubText(address);
  return isCached ? await findInCache(readHubId(address)) : address;
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
