/**
 * Measures how much of what models say of pictures is left when the pictures are corrupted: by noise,
 * blur, weather and processing, in five strengths, after the benchmark of Hendrycks and Dietterich
 * (arXiv 1903.12261).
 *
 * Without a model, those are measured that `classify` and `segment` use; without a folder, on the
 * held-out pictures of the project's fixtures. Classes of pictures are the names of their folders;
 * those of pixels are label maps beside the pictures, `a.labels.png` beside `a.jpg`. Where a picture
 * has none, all answers are compared with the model's own ones to the clean pictures.
 *
 * @module
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { errorLines, toCliError } from "@vicinity/cli";
import { readArguments, wholeNumber, wrongUsage } from "./arguments.ts";
import type { Family } from "./robustness_eval/corruptions/corruption.ts";
import { FAMILIES } from "./robustness_eval/corruptions/families.ts";
import { type Example, listExamples } from "./robustness_eval/examples.ts";
import { measure, type Measurement } from "./robustness_eval/measure.ts";
import { robustnessTable } from "./robustness_eval/report.ts";
import {
  loadSubject,
  type Subject,
  type SubjectChoice,
  type SubjectTask,
} from "./robustness_eval/subjects.ts";
import { print, tell } from "./print.ts";

const TASKS: readonly string[] = ["classify", "segment"];
const GARMENTS = new URL("../fixtures/fashion/first-200.safetensors", import.meta.url);
const PHOTOGRAPHS = new URL("../fixtures/pictures/", import.meta.url);

const USAGE = `deno task eval:robustness [FOLDER|FILE] [--model ID] [--weights FILE]
  [--task classify|segment] [--only noise,jpeg] [--limit N] [--seed 0] [--json]

Measures how much of what models say of pictures is left when the pictures are corrupted.`;

const { values: options, positionals: [given] } = readArguments(USAGE, {
  json: { type: "boolean", default: false },
  limit: { type: "string", default: "1000000" },
  model: { type: "string" },
  only: { type: "string" },
  seed: { type: "string", default: "0" },
  task: { type: "string" },
  weights: { type: "string" },
}, 1);

function isTask(text: string): text is SubjectTask {
  return TASKS.includes(text);
}

/** The models to measure. */
function choices(
  { model, weights, task }: { model?: string; weights?: string; task?: string },
): SubjectChoice[] {
  if (task !== undefined && !isTask(task)) {
    wrongUsage(USAGE, `--task is classify or segment, not "${task}"`);
  }
  if (model === undefined && weights === undefined) {
    const tasks: readonly SubjectTask[] = task === undefined ? ["classify", "segment"] : [task];
    return tasks.map((one) => ({ task: one }));
  }
  return [{ task, model, weights }];
}

/** Families and corruptions of a list of their names; all when absent. */
function chosenFamilies(only: string | undefined): readonly Family[] {
  if (only === undefined) return FAMILIES;
  const names = only.split(",").map((name) => name.trim());
  const known = FAMILIES.flatMap(({ name, corruptions }) => [
    name,
    ...corruptions.map((corruption) => corruption.name),
  ]);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    wrongUsage(USAGE, `there is no corruption "${unknown}", but there are ${known.join(", ")}`);
  }
  return FAMILIES.map((family) =>
    names.includes(family.name) ? family : {
      ...family,
      corruptions: family.corruptions.filter(({ name }) => names.includes(name)),
    }
  ).filter(({ corruptions }) => corruptions.length > 0);
}

/** So many pictures at even distances, so that all folders take part. */
function spread(examples: readonly Example[], limit: number): Example[] {
  const count = Math.min(limit, examples.length);
  return Array.from(
    { length: count },
    (_, index) => examples[Math.floor(index * examples.length / count)],
  ).filter((example) => example !== undefined);
}

function heldOut({ id }: Subject): string {
  return fileURLToPath(id === "dinat-fashion" ? GARMENTS : PHOTOGRAPHS);
}

async function main(): Promise<void> {
  const from = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const families = chosenFamilies(options.only);
  const limit = wholeNumber(USAGE, "--limit", options.limit);
  const seed = wholeNumber(USAGE, "--seed", options.seed, 0);
  const models: Measurement[] = [];
  for (const choice of choices(options)) {
    using subject = await loadSubject(choice);
    const path = given === undefined ? heldOut(subject) : resolve(from, given);
    const examples = spread(await listExamples(path, subject), limit);
    const onPicture = (done: number) => {
      if (done % 10 === 0 || done === examples.length) {
        tell(`${subject.id}: ${done} of ${examples.length}`);
      }
    };
    const measurement = await measure({ subject, examples, families, seed, onPicture });
    models.push(measurement);
    if (options.json) continue;
    for (const line of robustnessTable(measurement)) print(line);
    print("");
  }
  if (options.json) print(JSON.stringify({ models }, null, 2));
}

try {
  await main();
} catch (error) {
  const failure = toCliError(error);
  for (const line of errorLines(failure)) tell(line);
  Deno.exit(failure.exitCode);
}
