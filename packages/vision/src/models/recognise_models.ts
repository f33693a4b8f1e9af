/** Which models a checkpoint can be of, by its configuration and by the shapes of its weights. */
import { type Checkpoint, CheckpointError } from "@vicinity/checkpoint";
import type { ModelKind, ModelPackage } from "./model_package.ts";

/** A model that a checkpoint can be of. */
export interface RecognisedModel {
  /** The package. */
  readonly package: string;
  /** What it says of an input, a name of {@link ModelPackage.kinds}. */
  readonly kind: string;
  /** Name of the published model; absent when the file describes itself. */
  readonly model?: string;
}

/** What is known of a checkpoint. */
export interface Recognition {
  /** All models that it can be of. */
  readonly models: readonly RecognisedModel[];
  /** Where it is of none: the published model from which it differs least, if most of it fits. */
  readonly nearest?: RecognisedModel;
}

/** More keys than this share may not differ from the nearest model. */
const LARGEST_DIFFERENCE = 0.5;

/**
 * Says which models a checkpoint can be of. Of published models with the same weights several are
 * possible, such as NAT and DiNAT, whose distances no file stores; the one whose official file has
 * the checkpoint's name is then the only one.
 *
 * @param checkpoint The file.
 * @param packages Where the models are.
 * @returns The models; none when the file fits none.
 *
 * @example
 * ```ts
 * import { memorySource, readCheckpoint, writeSafetensors } from "@vicinity/checkpoint";
 * import { recogniseModels } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const empty = await readCheckpoint(memorySource(writeSafetensors([])));
 * assert.deepEqual(recogniseModels(empty, []), { models: [] });
 * ```
 */
export function recogniseModels(
  checkpoint: Checkpoint,
  packages: readonly ModelPackage[],
): Recognition {
  const kinds = packages.flatMap(({ id, kinds }) =>
    Object.entries(kinds).map(([kind, models]) => ({ package: id, kind, models }))
  );
  const own = kinds.filter(({ models }) => faultsOf(() => models.describe(checkpoint)) === 0);
  if (own.length > 0) {
    return { models: own.map(({ package: owner, kind }) => ({ package: owner, kind })) };
  }
  const tried = kinds.flatMap(({ models, ...place }) => publishedIn(checkpoint, models, place));
  const fitting = tried.filter(({ faults }) => faults === 0);
  if (fitting.length > 0) {
    const named = fitting.filter(({ file }) => file === fileName(checkpoint));
    return { models: (named.length > 0 ? named : fitting).map(({ found }) => found) };
  }
  const [nearest] = tried.toSorted((a, b) => a.faults - b.faults);
  const most = LARGEST_DIFFERENCE * [...checkpoint.keys()].length;
  return { models: [], ...(nearest && nearest.faults <= most ? { nearest: nearest.found } : {}) };
}

/** A published model that a checkpoint was compared with. */
interface Tried {
  readonly found: RecognisedModel;
  /** Name of the authors' file. */
  readonly file: string | undefined;
  /** Keys that do not fit. */
  readonly faults: number;
}

/** Compares a checkpoint with all published models of a kind, each description once. */
function publishedIn(
  checkpoint: Checkpoint,
  { published, describe, check }: ModelKind<unknown>,
  place: Pick<RecognisedModel, "package" | "kind">,
): Tried[] {
  const seen = new Set<string>();
  return published.flatMap(({ id, file }) => {
    let description = "";
    const faults = faultsOf(() => {
      description = JSON.stringify(describe(checkpoint, id));
      check(checkpoint, id);
    });
    // Of models that are loaded alike the first is as good as the others.
    if (faults === 0 && seen.has(description) && file !== fileName(checkpoint)) return [];
    seen.add(description);
    return { found: { ...place, model: id }, file, faults };
  });
}

function fileName({ name }: Checkpoint): string | undefined {
  return name.split(/[\\/]/).at(-1);
}

/** How many keys are wrong; all of them when the file is of another kind. */
function faultsOf(attempt: () => void): number {
  try {
    attempt();
    return 0;
  } catch (error) {
    if (!(error instanceof CheckpointError) || error.code !== "WEIGHTS_MISMATCH") throw error;
    return error.problems.length || Infinity;
  }
}
