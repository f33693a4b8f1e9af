/** The models that are measured, as functions from a picture to classes. */
import { listModels } from "@vicinity/checkpoint";
import {
  chooseModel,
  type ChosenModel,
  CliError,
  identifyWeights,
  type ModelFor,
  openWeights,
  publishedModels,
} from "@vicinity/cli";
import type { RgbFrame } from "@vicinity/media";
import { classesOf, type ClassInfo } from "@vicinity/vision";

/** What a model says of a picture: its class, or the class of each pixel. */
export type SubjectTask = "classify" | "segment";

/** A model that is measured. */
export interface Subject extends Disposable {
  /** Its name. */
  readonly id: string;
  readonly task: SubjectTask;
  /** Its classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** Shorter side that the network brings pictures to before it crops them; larger ones lose detail. */
  readonly side: number;
  /** One class, or one for each pixel. */
  answer(picture: RgbFrame): Promise<Uint32Array>;
}

/** Which model. */
export interface SubjectChoice {
  readonly task: SubjectTask;
  /** Its id; the task's first one when absent. */
  readonly model?: string | undefined;
  /** A file with its weights; the registered one when absent. */
  readonly weights?: string | undefined;
}

/**
 * Finds out what a model says.
 *
 * @param model The value of `--model`.
 * @returns The task.
 * @throws {CliError} `MODEL_TASK` when it neither classifies pictures nor names the class of pixels.
 */
export function taskOf(model: string): SubjectTask {
  const known = [...listModels(), ...publishedModels(["classify", "semantic"])]
    .find(({ id }) => id === model)?.task;
  if (known === "classify") return "classify";
  if (known === "semantic") return "segment";
  throw new CliError(
    "MODEL_TASK",
    `${model} neither classifies pictures nor names classes of pixels`,
    {
      hint: "give a model that `deno task classify` or `deno task segment --list-models` lists",
    },
  );
}

/**
 * Loads a model.
 *
 * @param choice Which one.
 * @returns The model; dispose it.
 */
export async function loadSubject({ task, model, weights }: SubjectChoice): Promise<Subject> {
  if (task === "classify") {
    const choice = chooseModel(["classify"], { model, weights });
    return classifierSubject(choice.id, await loadModel(choice, "classify"));
  }
  const choice = chooseModel(["semantic"], { model, weights });
  return segmenterSubject(choice.id, await loadModel(choice, "semantic"));
}

async function loadModel<T extends "classify" | "semantic">(
  choice: ChosenModel,
  task: T,
): Promise<ModelFor<T>> {
  using weights = await openWeights(choice);
  const { kind, model } = identifyWeights(weights.source, choice, [task]);
  return await kind.load({ weights: weights.source, model });
}

function classifierSubject(id: string, classifier: ModelFor<"classify">): Subject {
  const { imageSize, cropShare } = classifier.input;
  return {
    id,
    task: "classify",
    classes: classesOf(classifier.classes),
    side: Math.floor(imageSize / cropShare),
    answer: async (picture) => {
      const [best] = await classifier.run(picture, { top: 1 });
      return Uint32Array.of(best?.id ?? 0);
    },
    [Symbol.dispose]: () => classifier.dispose(),
  };
}

function segmenterSubject(id: string, segmenter: ModelFor<"semantic">): Subject {
  return {
    id,
    task: "segment",
    classes: segmenter.classes,
    side: segmenter.input.shortest,
    answer: async (picture) => (await segmenter.run(picture)).labels,
    [Symbol.dispose]: () => segmenter.dispose(),
  };
}
