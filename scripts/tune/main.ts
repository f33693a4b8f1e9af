/**
 * Measures the kernels of each family on the adapter that is here, at extents of the models, and writes
 * the fastest to `.cache/tuning.json`, which the commands use from then on.
 *
 * Usage: `deno task tune [--dry-run]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { open } from "@vicinity/tensor";
import { tune } from "./tune.ts";

const TARGET = new URL("../../.cache/tuning.json", import.meta.url);

const { values: options } = parseArgs({
  options: { "dry-run": { type: "boolean", default: false } },
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Measured without what an earlier tuning chose. */
const gpu = await open();
const tuning = await tune(gpu, { print });
gpu.dispose();
if (!options["dry-run"]) {
  await Deno.mkdir(new URL(".", TARGET), { recursive: true });
  await Deno.writeTextFile(TARGET, `${JSON.stringify(tuning, null, 2)}\n`);
}
