/**
 * Tries the commands with files of the authors' form, of full size: made from a formula, given to
 * `segment`, `detect` and `classify` as a user gives them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runTask } from "../../tests/command_line.ts";
import { isNamed, readArguments, refuseUnknown } from "../arguments.ts";
import { dinatRows } from "./dinat.ts";
import { favitRows } from "./favit.ts";
import type { OfficialRow, Trial } from "./official_row.ts";
import { writeOfficialFile } from "./official_weights.ts";
import { storedCase, writePictures } from "./pictures.ts";
import { print } from "../print.ts";

const USAGE = `deno task test:official [PART OF A MODEL'S NAME...] [--keep FOLDER]

Gives the commands full-size files of the authors' form, of all models or of those that have one of
the words in their names; pictures and results are kept in the folder.`;

const { values: options, positionals: wanted } = readArguments(
  USAGE,
  { keep: { type: "string" } },
  Infinity,
);

async function tryCommand(folder: string, weights: string, model: string, trial: Trial) {
  const { task, picture, options } = trial;
  const args = [
    picture,
    "--model",
    model,
    "--weights",
    weights,
    "--out",
    `out-${model}`,
    ...options,
  ];
  const ended = await runTask(task, args, { cwd: folder });
  assert.equal(ended.code, 0, ended.stderr);
  print(`  ${task}: ${ended.stderr.trim().split("\n").at(-1) ?? ""}`);
  const printed = new TextDecoder().decode(ended.stdout);
  if (trial.check) print(`    ${await trial.check(join(folder, `out-${model}`), printed)}`);
}

async function tryRow(folder: string, row: OfficialRow): Promise<void> {
  const weights = join(folder, `${row.model}.pth`);
  print(row.model);
  await writeOfficialFile(weights, row.file);
  try {
    for (const trial of row.trials) await tryCommand(folder, weights, row.model, trial);
    if (row.atDefaultLimits) print(`  ${await row.atDefaultLimits(weights)}`);
  } finally {
    await Deno.remove(weights);
  }
}

async function main(): Promise<void> {
  const folder = options.keep ?? await Deno.makeTempDir({ prefix: "vicinity-" });
  await Deno.mkdir(folder, { recursive: true });
  try {
    const stored = await storedCase();
    const rows = [...dinatRows(stored), ...favitRows()];
    refuseUnknown(USAGE, wanted, rows.map(({ model }) => model));
    await writePictures(folder, stored);
    for (const row of rows.filter(({ model }) => isNamed(model, wanted))) await tryRow(folder, row);
    print("all commands took the files");
  } finally {
    if (options.keep === undefined) await Deno.remove(folder, { recursive: true });
  }
}

await main();
