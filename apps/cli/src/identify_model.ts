/** What the model of a run is: by its name where that says it, else by its file. */
import { type Checkpoint, CheckpointError, configText } from "@vicinity/checkpoint";
import { openCheckpoint } from "@vicinity/checkpoint/deno";
import { type ModelKind, type RecognisedModel, recogniseModels } from "@vicinity/vision";
import { CliError } from "./errors.ts";
import { type ChosenModel, placeOf } from "./model_choice.ts";
import { commandOf, otherTask } from "./model_names.ts";
import { type FactsFor, kindOf, type ModelFor, PACKAGES, type Task } from "./packages.ts";

/** A model that is known well enough to be loaded. */
export interface IdentifiedModel<T extends Task> {
  /** What it says of an input. */
  readonly task: T;
  /** What loads it. */
  readonly kind: ModelKind<ModelFor<T>, FactsFor<T>>;
  /** Name of the published model that it is; absent for files that describe themselves. */
  readonly model: string | undefined;
}

/**
 * Says what the model of a run is.
 *
 * @param choice The model; its weights are opened only if its name does not say it.
 * @param tasks What it must be able to do, one of these.
 * @returns What it is.
 * @throws {CliError} As {@link identifyWeights}.
 * @throws {CheckpointError} If its weights cannot be opened.
 */
export async function identifyModel<T extends Task>(
  choice: ChosenModel,
  tasks: readonly T[],
): Promise<IdentifiedModel<T>> {
  const [known] = identified(choice.known === undefined ? [] : [choice.known], tasks);
  if (known !== undefined) return known;
  using weights = await openCheckpoint(await placeOf(choice));
  return identifyWeights(weights, choice, tasks);
}

/**
 * Says what the model of a run is whose weights are open.
 *
 * @param weights Its weights.
 * @param choice The model.
 * @param tasks What it must be able to do, one of these.
 * @returns What it is.
 * @throws {CliError} `WEIGHTS_MISMATCH` for a file of no known network or of one for other tasks, and
 * when it may be one of several, `MODEL_TASK` for a registered model for other tasks.
 */
export function identifyWeights<T extends Task>(
  weights: Checkpoint,
  choice: ChosenModel,
  tasks: readonly T[],
): IdentifiedModel<T> {
  const [known] = identified(choice.known === undefined ? [] : [choice.known], tasks);
  if (known !== undefined) return known;
  const { models, nearest } = recogniseModels(weights, PACKAGES);
  const found = identified(models, tasks);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  if (first !== undefined) {
    const names = models.filter(({ kind }) => tasks.some((task) => task === kind))
      .map(({ package: owner, model }) => model ?? owner);
    throw new CliError("WEIGHTS_MISMATCH", `this may be ${names.join(" or ")}`, {
      file: weights.name,
      hint: "their weights have the same shapes: say with --model which it is",
    });
  }
  const [other] = models;
  if (other !== undefined) throw forOtherTasks(weights, choice, other);
  throw new CliError("WEIGHTS_MISMATCH", `this is no model for ${tasks.join(" or ")}`, {
    file: weights.name,
    hint: nearest === undefined
      ? "see --list-models"
      : `it is nearest to ${nearest.model}: --model ${nearest.model} says what differs`,
    lines: refusals(weights, tasks),
  });
}

/** Those of the models that do one of the tasks. */
function identified<T extends Task>(
  models: readonly RecognisedModel[],
  tasks: readonly T[],
): IdentifiedModel<T>[] {
  return models.flatMap(({ kind: name, package: owner, model }) => {
    const task = tasks.find((wanted) => wanted === name);
    const kind = task === undefined ? undefined : kindOf(task, owner);
    return task === undefined || kind === undefined ? [] : [{ task, kind, model }];
  });
}

function forOtherTasks(
  { name }: Checkpoint,
  { id, expected }: ChosenModel,
  { kind }: RecognisedModel,
): CliError {
  if (expected !== undefined) return otherTask(id, kind);
  return new CliError("WEIGHTS_MISMATCH", `this is a model for ${kind}`, {
    file: name,
    hint: `use: ${commandOf(kind)}`,
  });
}

/** Why no kind takes a file that has a configuration. */
function refusals(weights: Checkpoint, tasks: readonly Task[]): string[] {
  if (configText(weights) === undefined) return [];
  return tasks.flatMap((task) =>
    PACKAGES.flatMap(({ id }) => {
      try {
        kindOf(task, id)?.describe(weights);
        return [];
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        return [`${id}, ${task}: ${error.message}`];
      }
    })
  );
}
