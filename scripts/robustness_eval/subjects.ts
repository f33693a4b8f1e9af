/** The models that are measured, as functions from a picture to classes. */
import { listModels } from "@vicinity/checkpoint";
import { chooseModel, CliError, openWeights } from "@vicinity/cli";
import { packageOf } from "@vicinity/cli/picture-models";
import * as dinat from "@vicinity/dinat";
import * as favit from "@vicinity/favit";
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
  const registered = listModels().find(({ id }) => id === model);
  const names = (table: "VARIANTS" | "SEGMENTERS") =>
    Object.hasOwn(dinat[table], model) || Object.hasOwn(favit[table], model);
  if (registered?.task === "classify" || names("VARIANTS")) return "classify";
  const isSemantic = registered?.task === "segment" && registered.package !== "relayformer";
  if (isSemantic || names("SEGMENTERS")) return "segment";
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
  const isRegistered = listModels().some(({ id }) => id === model);
  const chosen = chooseModel(
    task,
    isRegistered || weights === undefined ? model : undefined,
    weights,
  );
  const id = model ?? chosen.id;
  using opened = await openWeights(chosen);
  const source = { weights: opened.source, model };
  if (task === "classify") {
    const classifier = await packageOf("VARIANTS", model).ImageClassifier.load(source);
    const { imageSize, cropShare } = classifier.input;
    return {
      id,
      task,
      classes: classesOf(classifier.classes),
      side: Math.floor(imageSize / cropShare),
      answer: async (picture) => {
        const [best] = await classifier.run(picture, { top: 1 });
        return Uint32Array.of(best?.id ?? 0);
      },
      [Symbol.dispose]: () => classifier.dispose(),
    };
  }
  const segmenter = await packageOf("SEGMENTERS", model).Segmenter.load(source);
  return {
    id,
    task,
    classes: segmenter.classes,
    side: segmenter.input.shortest,
    answer: async (picture) => (await segmenter.run(picture)).labels,
    [Symbol.dispose]: () => segmenter.dispose(),
  };
}
