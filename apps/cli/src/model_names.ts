/** Names of models as users type them: what carries one, and what is said of those that do not fit. */
import { listModels, nearestName } from "@vicinity/checkpoint";
import { CliError } from "./errors.ts";
import { publishedModels, type Task } from "./packages.ts";

/** What the models of each task do, and the command that runs them. */
const TASKS: Readonly<Record<Task, { readonly does: string; readonly command: string }>> = {
  classify: { does: "classifies pictures", command: "classify" },
  semantic: { does: "names the class of every pixel", command: "segment" },
  instance: { does: "outlines single things", command: "segment" },
  manipulation: { does: "looks for manipulations", command: "segment" },
  detect2d: { does: "finds things in pictures", command: "detect" },
  detect3d: { does: "finds things in scans", command: "detect" },
  upscale: { does: "enlarges pictures and videos", command: "upscale" },
};

/**
 * The command that runs models of a task.
 *
 * @param task The task, as a package or the registry calls it.
 * @returns Such as `deno task classify`.
 */
export function commandOf(task: string): string {
  return `deno task ${isTask(task) ? TASKS[task].command : task}`;
}

/**
 * Says that a model is for another command.
 *
 * @param id Its name.
 * @param task What it does.
 * @returns `MODEL_TASK`.
 */
export function otherTask(id: string, task: string): CliError {
  const does = isTask(task) ? TASKS[task].does : `is for ${task}`;
  return new CliError("MODEL_TASK", `${id} ${does}`, { hint: commandOf(task) });
}

/**
 * Says what is wrong with the name of a model that a command cannot use.
 *
 * @param name What the user typed.
 * @param tasks What the command's models do.
 * @returns `MODEL_TASK` for a model of another command, `USAGE` with the nearest name for one that there
 * is not.
 */
export function unusableName(name: string, tasks: readonly Task[]): CliError {
  const all = namedModels(Object.keys(TASKS).filter(isTask));
  const other = all.get(name);
  if (other !== undefined) return otherTask(name, other);
  // What the command can use is more likely to be meant.
  const near = nearestName(name, namedModels(tasks).keys()) ?? nearestName(name, all.keys());
  return new CliError("USAGE", `there is no model ${name}`, {
    hint: near === undefined ? "see --list-models" : `did you mean ${near}?`,
  });
}

/** Registered and published models by name, each with its first task. */
function namedModels(tasks: readonly Task[]): ReadonlyMap<string, Task> {
  const models = tasks.flatMap((task) => [
    ...listModels(task).map(({ id }) => [id, task] as const),
    ...publishedModels([task]).map(({ id }) => [id, task] as const),
  ]);
  return new Map(models.toReversed());
}

function isTask(text: string): text is Task {
  return Object.hasOwn(TASKS, text);
}
