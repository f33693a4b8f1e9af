/**
 * Tries the commands with files of the authors' form, of full size: made from a formula, given to
 * `segment`, `detect` and `classify` as a user gives them. Names of models after the task, or parts of
 * names, try these alone; `--keep FOLDER` keeps pictures and results there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runTask } from "../../tests/command_line.ts";
import { dinatRows } from "./dinat.ts";
import { favitRows } from "./favit.ts";
import type { OfficialRow, Trial } from "./official_row.ts";
import { writeOfficialFile } from "./official_weights.ts";
import { storedCase, writePictures } from "./pictures.ts";

const { values: options, positionals: wanted } = parseArgs({
  options: { keep: { type: "string" } },
  allowPositionals: true,
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

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
    const rows = [...dinatRows(stored), ...favitRows()]
      .filter(({ model }) => wanted.length === 0 || wanted.some((part) => model.includes(part)));
    assert.ok(rows.length > 0, `no row is called like ${wanted.join(", ")}`);
    await writePictures(folder, stored);
    for (const row of rows) await tryRow(folder, row);
    print("all commands took the files");
  } finally {
    if (options.keep === undefined) await Deno.remove(folder, { recursive: true });
  }
}

await main();
