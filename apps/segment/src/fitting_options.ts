import { CliError } from "@vicinity/cli";

/** What models say of pixels: their class, the thing they belong to, or whether they were changed. */
export const SEGMENT_TASKS = ["semantic", "instance", "manipulation"] as const;

/** What a model says of pixels. */
export type SegmentTask = (typeof SEGMENT_TASKS)[number];

/** Options that only some models understand. */
const MEANT_FOR: Readonly<Record<string, readonly SegmentTask[]>> = {
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

/** How {@link requireFitting} calls them. */
const WORDS: Readonly<Record<SegmentTask, string>> = {
  semantic: "name the class of every pixel",
  instance: "outline single things",
  manipulation: "look for manipulations",
};

/**
 * Checks that the options that were given mean something to the model.
 *
 * @param task What the model says of pixels.
 * @param given Long names of the options that the user gave.
 * @throws {CliError} `USAGE` naming the first one that does not.
 */
export function requireFitting(task: SegmentTask, given: ReadonlySet<string>): void {
  for (const name of given) {
    const meant = MEANT_FOR[name];
    if (meant === undefined || meant.includes(task)) continue;
    throw new CliError("USAGE", `--${name} is not for models that ${WORDS[task]}`, {
      hint: `it is for models that ${meant.map((other) => WORDS[other]).join(" or ")}`,
    });
  }
}
