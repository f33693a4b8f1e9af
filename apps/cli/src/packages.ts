/** The packages of models that all commands know. */
import { dinat } from "@vicinity/dinat";
import { dsvt } from "@vicinity/dsvt";
import { favit } from "@vicinity/favit";
import { relayformer } from "@vicinity/relayformer";
import { simplegvr } from "@vicinity/simplegvr";
import type { ModelKind, ModelPackage, PublishedModel } from "@vicinity/vision";

/** All packages; what commands do with a model follows from the kinds that these say they have. */
export const PACKAGES = [dinat, favit, relayformer, dsvt, simplegvr] as const;

/** What a model says of an input, as the registry and the JSON of results call it. */
export type Task = (typeof PACKAGES)[number]["kinds"] extends infer Own
  ? Own extends unknown ? keyof Own : never
  : never;

/** The models that do a task. */
export type ModelFor<T extends Task> = (typeof PACKAGES)[number]["kinds"] extends infer Own
  ? Own extends Readonly<Record<T, ModelKind<infer Model extends Disposable>>> ? Model : never
  : never;

/** What the models that do a task say of themselves before they are loaded. */
export type FactsFor<T extends Task> = (typeof PACKAGES)[number]["kinds"] extends infer Own
  ? Own extends Readonly<Record<T, ModelKind<Disposable, infer Facts>>> ? Facts : never
  : never;

/**
 * The models of a package that do a task.
 *
 * @param task What they do.
 * @param name The package, as the registry names it.
 * @returns The kind; undefined when the package has none.
 */
export function kindOf<T extends Task>(
  task: T,
  name: string,
): ModelKind<ModelFor<T>, FactsFor<T>> | undefined {
  const owner = PACKAGES.find(({ id }) => id === name);
  return owner !== undefined && does(owner, task) ? owner.kinds[task] : undefined;
}

function does<T extends Task>(
  owner: ModelPackage,
  task: T,
): owner is ModelPackage<Readonly<Record<T, ModelKind<ModelFor<T>, FactsFor<T>>>>> {
  return Object.hasOwn(owner.kinds, task);
}

/** A published model, and what it does. */
export interface PublishedFor extends PublishedModel {
  /** What it says of an input. */
  readonly task: Task;
  /** The package that runs it. */
  readonly package: string;
}

/**
 * The models whose weights the user brings.
 *
 * @param tasks What they do.
 * @returns All that are published, task by task.
 */
export function publishedModels(tasks: readonly Task[]): readonly PublishedFor[] {
  return tasks.flatMap((task) =>
    PACKAGES.flatMap(({ id: name }) =>
      kindOf(task, name)?.published.map((model) => ({ ...model, task, package: name })) ?? []
    )
  );
}
