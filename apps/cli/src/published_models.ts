import { join } from "node:path";
import { CliError } from "./errors.ts";
import { chooseModel, type ChosenModel } from "./model_choice.ts";
import { userPath } from "./paths.ts";

/** A model of the authors', whose weights the user brings. */
export interface PublishedModel {
  /** What a person types to choose it. */
  readonly id: string;
  /** What it does, as the registry says it. */
  readonly task: string;
  /** Where the authors publish its weights, or their code where the weights have no address. */
  readonly source: string;
  /** Name of the authors' file, by which it is found; absent where they gave it none for good. */
  readonly file?: string;
  /** Licence of the weights. */
  readonly licence: string;
}

/** The variable that names a folder with weights. */
const FOLDER_VARIABLE = "VISION_WEIGHTS";

/**
 * Decides about a run whose `--model` names a published model: its weights are those of `--weights`,
 * else the file of the authors' name, if there is one, in the folder that `VISION_WEIGHTS` names or in `weights`.
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
  const { file, source } = model;
  const weights = given.weights ?? (file === undefined ? undefined : findFile(file));
  if (weights !== undefined) return { ...chooseModel(task, undefined, weights), id: model.id };
  const places = `, or put it into weights/ or the folder that ${FOLDER_VARIABLE} names`;
  throw new CliError("WEIGHTS_MISSING", `the weights of ${model.id} are not here`, {
    file,
    hint: `see ${source} for them; give the file with --weights${file === undefined ? "" : places}`,
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
