/**
 * Measures the kernels of each family on the adapter that is here, at extents of the models, and writes
 * the fastest to `.cache/tuning.json`, which the commands use from then on.
 *
 * @module
 */
import { open } from "@vicinity/tensor";
import { readArguments } from "../arguments.ts";
import { tune } from "./tune.ts";
import { print } from "../print.ts";

const TARGET = new URL("../../.cache/tuning.json", import.meta.url);

const USAGE = `deno task tune [--dry-run]

Measures kernels on the adapter that is here and writes the fastest to .cache/tuning.json.`;

const { values: options } = readArguments(USAGE, {
  "dry-run": { type: "boolean", default: false },
});

/** Measured without what an earlier tuning chose. */
const gpu = await open();
const tuning = await tune(gpu, { print });
gpu.dispose();
if (!options["dry-run"]) {
  await Deno.mkdir(new URL(".", TARGET), { recursive: true });
  await Deno.writeTextFile(TARGET, `${JSON.stringify(tuning, null, 2)}\n`);
}
