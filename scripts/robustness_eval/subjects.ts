/** The models that are measured, as functions from a picture to classes. */
import { chooseModel, identifyWeights, openWeights } from "@vicinity/cli";
import type { RgbFrame } from "@vicinity/media";
import { classesOf, type ClassInfo, Segmenter } from "@vicinity/vision";

/** What a model says of a picture, its class or the class of each pixel, and what packages call that. */
const TASKS = { classify: "classify", segment: "semantic" } as const;

/** What a model says of a picture. */
export type SubjectTask = keyof typeof TASKS;

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
  /** What it says of a picture; where that is absent, its name or its file decides. */
  readonly task?: SubjectTask | undefined;
  /** Its id; the task's first one when absent. */
  readonly model?: string | undefined;
  /** A file with its weights; the registered one when absent. */
  readonly weights?: string | undefined;
}

/**
 * Loads a model.
 *
 * @param choice Which one.
 * @returns The model; dispose it.
 * @throws {CliError} `MODEL_TASK` or `WEIGHTS_MISMATCH` when it neither classifies pictures nor names the
 * class of pixels.
 */
export async function loadSubject({ task, model, weights }: SubjectChoice): Promise<Subject> {
  const tasks = task === undefined ? Object.values(TASKS) : [TASKS[task]];
  const chosen = chooseModel(tasks, { model, weights });
  using opened = await openWeights(chosen);
  const identified = identifyWeights(opened.source, chosen, tasks);
  const { kind } = identified;
  const loaded = await kind.load({ weights: opened.source, model: identified.model });
  const { id } = chosen;
  const dispose = () => loaded.dispose();
  if (loaded instanceof Segmenter) {
    return {
      id,
      task: "segment",
      classes: loaded.classes,
      side: loaded.input.shortest,
      answer: async (picture) => (await loaded.run(picture)).labels,
      [Symbol.dispose]: dispose,
    };
  }
  const { imageSize, cropShare } = loaded.input;
  return {
    id,
    task: "classify",
    classes: classesOf(loaded.classes),
    side: Math.floor(imageSize / cropShare),
    answer: async (picture) => {
      const [best] = await loaded.run(picture, { top: 1 });
      return Uint32Array.of(best?.id ?? 0);
    },
    [Symbol.dispose]: dispose,
  };
}
