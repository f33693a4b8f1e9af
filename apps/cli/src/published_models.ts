import { basename, join } from "node:path";
import { CliError } from "./errors.ts";
import { chooseModel, type ChosenModel } from "./model_choice.ts";
import { userPath } from "./paths.ts";

/** A model of the authors', whose weights the user brings. */
export interface PublishedModel {
  /** What a person types to choose it. */
  readonly id: string;
  /** What it does, as the registry says it. */
  readonly task: string;
  /** Where the authors publish its weights. */
  readonly source: string;
  /** Licence of the weights. */
  readonly licence: string;
}

/** The variable that names a folder with weights. */
const FOLDER_VARIABLE = "VISION_WEIGHTS";

/**
 * Decides about a run whose `--model` names a published model: its weights are those of `--weights`,
 * else the file of the authors' name in the folder that `VISION_WEIGHTS` names or in `weights`.
 *
 * @param task What the model must be able to do.
 * @param published The published models of the task.
 * @param given The values of `--model` and `--weights`.
 * @returns The choice, or undefined when `--model` names none of them.
 * @throws {CliError} `WEIGHTS_MISSING` when the weights are in none of these places.
 */
export function choosePublished(
  task: string,
  published: readonly PublishedModel[],
  given: { readonly model: string | undefined; readonly weights: string | undefined },
): ChosenModel | undefined {
  const model = published.find(({ id }) => id === given.model);
  if (model === undefined) return undefined;
  const weights = given.weights ?? findFile(basename(model.source));
  if (weights !== undefined) return { ...chooseModel(task, undefined, weights), id: model.id };
  const name = basename(model.source);
  throw new CliError("WEIGHTS_MISSING", `the weights of ${model.id} are not here`, {
    file: name,
    hint: `its authors publish them at ${model.source}; give the file with --weights, ` +
      `or put it into weights/ or the folder that ${FOLDER_VARIABLE} names`,
  });
}

function findFile(name: string): string | undefined {
  const folder = Deno.env.get(FOLDER_VARIABLE);
  const places = [...(folder === undefined ? [] : [folder]), "weights"];
  return places.map((place) => join(userPath(place), name)).find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
