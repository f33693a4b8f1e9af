import { findModel, listModels, modelAddress, sha256Hex, type Source } from "@vicinity/checkpoint";
import { FileSource } from "@vicinity/checkpoint/deno";
import { CliError } from "./errors.ts";
import { userPath } from "./paths.ts";

/** The model of a run, not opened yet. */
export interface ChosenModel {
  /** Its id in the registry, or the name of the file given with `--weights`. */
  readonly id: string;
  /** Where its weights are. */
  readonly address: string | URL;
  /** What the registry says of the file; absent for a file of the user's. */
  readonly expected: { readonly bytes: number; readonly sha256: string } | undefined;
}

/** The weights of a run, open; dispose to close the file. */
export interface OpenWeights extends Disposable {
  /** The bytes, for a model's loader. */
  readonly source: Source;
  /** SHA-256 of the whole file. */
  readonly sha256: string;
}

/**
 * Decides which model a run uses.
 *
 * @param task What the model must be able to do.
 * @param id The value of `--model`; the task's first model when absent.
 * @param weights The value of `--weights`, which wins.
 * @returns The choice.
 * @throws {CliError} `MODEL_TASK` for a model of another command, `WEIGHTS_MISSING` when none is registered.
 */
export function chooseModel(
  task: string,
  id: string | undefined,
  weights: string | undefined,
): ChosenModel {
  if (weights !== undefined) {
    return { id: id ?? weights, address: userPath(weights), expected: undefined };
  }
  const entry = id === undefined ? listModels(task)[0] : findModel(id);
  if (entry === undefined) {
    throw new CliError("WEIGHTS_MISSING", `no model for ${task} is registered`, {
      hint: "give a model file with --weights",
    });
  }
  if (entry.task !== task) {
    throw new CliError("MODEL_TASK", `the model ${entry.id} is for ${entry.task}, not ${task}`, {
      hint: `use: deno task ${entry.task}`,
    });
  }
  return { id: entry.id, address: modelAddress(entry.file), expected: entry };
}

/**
 * Opens a model's weights and compares them with what the registry says.
 *
 * @param model The choice.
 * @returns The open file and its checksum.
 * @throws {CliError} `WEIGHTS_CORRUPT` when the file is not the registered one.
 * @throws {CheckpointError} `WEIGHTS_MISSING` when there is no such file.
 */
export async function openWeights(model: ChosenModel): Promise<OpenWeights> {
  const source = await FileSource.open(model.address);
  try {
    const { expected } = model;
    if (expected !== undefined && expected.bytes !== source.size) {
      throw damaged(source, `${source.size} bytes of ${expected.bytes} are there`);
    }
    const sha256 = await sha256Hex(source);
    if (expected !== undefined && expected.sha256 !== sha256) {
      throw damaged(source, `its SHA-256 is ${sha256}, not ${expected.sha256}`);
    }
    return { source, sha256, [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

function damaged(source: FileSource, reason: string): CliError {
  return new CliError("WEIGHTS_CORRUPT", `the model file is damaged: ${reason}`, {
    file: source.name,
    hint: "restore the file, for example with git checkout",
  });
}
