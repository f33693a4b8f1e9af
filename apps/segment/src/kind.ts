import { CliError } from "@vicinity/cli";
import { listModels } from "@vicinity/checkpoint";
import { outlinesThings } from "@vicinity/cli/picture-models";
import { PUBLISHED } from "@vicinity/relayformer";

/** What a model says of pixels: their class, the thing they belong to, or whether they were changed. */
export type SegmentKind = "semantic" | "instance" | "manipulation";

/**
 * What the model of a run says of pixels.
 *
 * @param model The value of `--model`.
 * @returns The kind; models that are not known name classes.
 */
export function kindOfModel(model: string | undefined): SegmentKind {
  if (model === undefined) return "semantic";
  if (outlinesThings(model)) return "instance";
  const registered = listModels("segment").find(({ id }) => id === model)?.package;
  return registered === "relayformer" || Object.hasOwn(PUBLISHED, model)
    ? "manipulation"
    : "semantic";
}

/** Options that only some kinds understand. */
const MEANT_FOR: Readonly<Record<string, readonly SegmentKind[]>> = {
  classes: ["semantic", "instance"],
  palette: ["semantic", "instance"],
  conf: ["instance"],
  legend: ["semantic"],
  size: ["semantic"],
  scale: ["semantic"],
  window: ["semantic"],
  stride: ["semantic"],
  flip: ["semantic", "manipulation"],
  probs: ["semantic", "manipulation"],
  threshold: ["manipulation"],
  mode: ["manipulation"],
  align: ["manipulation"],
};

/** How {@link requireFitting} calls the kinds. */
const WORDS: Readonly<Record<SegmentKind, string>> = {
  semantic: "name the class of every pixel",
  instance: "outline single things",
  manipulation: "look for manipulations",
};

/**
 * Checks that the options that were given mean something to the model.
 *
 * @param kind What the model says of pixels.
 * @param given Long names of the options that the user gave.
 * @throws {CliError} `USAGE` naming the first one that does not.
 */
export function requireFitting(kind: SegmentKind, given: ReadonlySet<string>): void {
  for (const name of given) {
    const meant = MEANT_FOR[name];
    if (meant === undefined || meant.includes(kind)) continue;
    throw new CliError("USAGE", `--${name} is not for models that ${WORDS[kind]}`, {
      hint: `it is for models that ${meant.map((other) => WORDS[other]).join(" or ")}`,
    });
  }
}
