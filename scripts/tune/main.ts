/**
 * Measures the kernels of each family on the adapter that is here, at extents of the models, and writes
 * the fastest to `.cache/tuning.json`, which the commands use from then on.
 *
 * Usage: `deno task tune [--dry-run]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import {
  candidatesChecksum,
  type GemmVariant,
  open,
  type Tuning,
  tuningKey,
} from "@vicinity/tensor";
import { rank } from "./measure.ts";
import { operations } from "./operations.ts";

const TARGET = new URL("../../.cache/tuning.json", import.meta.url);

const { values: options } = parseArgs({
  options: { "dry-run": { type: "boolean", default: false } },
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Measured without what an earlier tuning chose. */
const gpu = await open();
const choices: Record<string, string> = {};
const packedFor = (n: number, k: number) =>
  choices[tuningKey("pack", { n, k })] as GemmVariant | undefined;
for (const operation of operations(gpu, packedFor)) {
  const key = tuningKey(operation.family, operation.extents);
  const ranking = await rank(gpu, operation, (candidate, reason) => {
    print(`${key}: ${candidate} left out, ${reason}`);
  });
  const [fastest] = ranking;
  if (fastest) choices[key] = fastest.candidate;
  print(
    `${key}: ${ranking.map(({ candidate, ms }) => `${candidate} ${ms.toFixed(3)}`).join(", ")} ms`,
  );
}
const tuning: Tuning = {
  adapter: gpu.caps.description,
  candidates: await candidatesChecksum(),
  choices,
};
gpu.dispose();
if (!options["dry-run"]) {
  await Deno.mkdir(new URL(".", TARGET), { recursive: true });
  await Deno.writeTextFile(TARGET, `${JSON.stringify(tuning, null, 2)}\n`);
}
