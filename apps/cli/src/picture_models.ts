/**
 * The packages that classify, segment and detect in pictures, chosen by the name of a published model,
 * or by the keys of a file that describes itself.
 *
 * @module
 */
import { basename } from "node:path";
import type { Checkpoint } from "@vicinity/checkpoint";
import * as dinat from "@vicinity/dinat";
import * as favit from "@vicinity/favit";
import type { PublishedModel } from "./published_models.ts";

/** Models of a task, by name. */
export type ModelTable = "VARIANTS" | "SEGMENTERS" | "DETECTORS";

/** Where the authors of FaViT publish their code; they publish no weights. */
const FAVIT_SOURCE = "https://github.com/q2479036243/FaViT";

/** A package of models. */
export type ModelPackage = typeof dinat | typeof favit;

/** The first weight of a FaViT, alone and as the backbone of a larger network. */
const FAVIT_KEYS = ["patch_embed1.proj.weight", "backbone.patch_embed1.proj.weight"];

/**
 * The package that reads a model.
 *
 * @param table Models of the task.
 * @param model The value of `--model`.
 * @param weights The model's weights.
 * @returns The package.
 */
export function packageOf(
  table: ModelTable,
  model: string | undefined,
  weights: Checkpoint,
): ModelPackage {
  if (model !== undefined) {
    if (Object.hasOwn(favit[table], model)) return favit;
    if (Object.hasOwn(dinat[table], model)) return dinat;
  }
  return FAVIT_KEYS.some((key) => weights.find(key) !== undefined) ? favit : dinat;
}

/**
 * Whether a model finds things with outlines.
 *
 * @param model The value of `--model`.
 * @returns False for models that name pixels, and for detectors of boxes alone.
 */
export function outlinesThings(model: string | undefined): boolean {
  if (model === undefined) return false;
  if (Object.hasOwn(dinat.DETECTORS, model)) return true;
  const network = favit.DETECTORS[model]?.network;
  return network !== undefined && "detector" in network;
}

/**
 * Models whose weights the user brings.
 *
 * @param table Models of the task.
 * @param task What the registry calls it.
 * @returns All that are published.
 */
export function publishedModels(table: ModelTable, task: string): PublishedModel[] {
  const official = Object.entries<{ readonly file: string }>(dinat[table]).map((
    [id, { file }],
  ) => ({
    id,
    task,
    source: `${dinat.OFFICIAL_SITE}${file}`,
    file: basename(file),
    licence: "MIT",
  }));
  const own = Object.entries<object>(favit[table]).map(([id, variant]) => ({
    id,
    task,
    source: FAVIT_SOURCE,
    licence: "not stated",
    ...("file" in variant && typeof variant.file === "string" ? { file: variant.file } : {}),
  }));
  return [...official, ...own];
}
