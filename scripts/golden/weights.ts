/** Where the weights of a case come from: the file itself, a file beside it, or a formula. */
import { dirname, join } from "node:path";
import type { WeightSource } from "@vicinity/checkpoint";
import { hashWeights } from "../../packages/simplegvr/src/testing/hash_weights.ts";
import { hashWeightsV1 } from "./dinat/hash_weights.ts";
import { hashwSource } from "./dsvt/hashw.ts";
import { hash32Weights } from "./favit/hash32.ts";
import { GoldenError } from "./errors.ts";
import { GoldenCase } from "./golden_case.ts";
import { filledWeights } from "./relayformer/fill_rule.ts";

const PREFIX = "weight.";

/** Weights of one case; dispose of them after loading. */
export interface CaseWeights extends Disposable {
  readonly source: WeightSource;
}

/**
 * Opens the weights that a case was made with.
 *
 * @param golden The case.
 * @returns The weights under their official keys.
 * @throws {GoldenError} If the file says nothing that is understood about them.
 */
export async function weightsOf(golden: GoldenCase): Promise<CaseWeights> {
  const isFormula = /^hash32/.test(golden.file.metadata["weights"] ?? "");
  if (golden.names(PREFIX).length > 0 && !isFormula) return stored(golden, () => {});
  const recipe = golden.text("weights");
  const sibling = /^(\S+)\.safetensors$/.exec(recipe)?.[1] ?? /stored in (\S+)/.exec(recipe)?.[1];
  if (sibling !== undefined) {
    const other = await GoldenCase.open(join(dirname(golden.path), `${sibling}.safetensors`));
    return stored(other, () => other[Symbol.dispose]());
  }
  if (recipe === "fill_rule") {
    return { source: filledWeights(golden.number("fill_seed")), [Symbol.dispose]: () => {} };
  }
  if (/^hash32/.test(recipe)) {
    const formula = hash32Weights(golden);
    // Those that no formula makes are stored.
    const find: WeightSource["find"] = (key, shape) =>
      golden.file.find(PREFIX + key) ?? formula.find(key, shape);
    return { source: { ...formula, find }, [Symbol.dispose]: () => {} };
  }
  if (/^hash weights v1/.test(recipe)) {
    return { source: hashWeightsV1(), [Symbol.dispose]: () => {} };
  }
  if (/^hashw seed/.test(recipe)) {
    return { source: hashwSource(golden), [Symbol.dispose]: () => {} };
  }
  if (/^hash weights/.test(recipe)) return { source: hashWeights(), [Symbol.dispose]: () => {} };
  throw new GoldenError(
    `Cannot run ${golden.path}: its weights are "${recipe}", an unknown recipe.`,
  );
}

function stored(golden: GoldenCase, close: () => void): CaseWeights {
  const source: WeightSource = {
    name: golden.path,
    keys: () => golden.names(PREFIX).map((name) => name.slice(PREFIX.length)),
    find: (key) => golden.file.find(PREFIX + key),
  };
  return { source, [Symbol.dispose]: close };
}
