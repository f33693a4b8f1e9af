/**
 * Time of every stage of detection in a scan, and the rate of the kernels behind them.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { open } from "@vicinity/tensor";
import { isNamed, readArguments, refuseUnknown, wholeNumber, wrongUsage } from "./arguments.ts";
import { DETECTORS } from "./scan_stages/detectors.ts";
import { kernelLines, scanTimes, stageLines } from "./scan_stages/stages.ts";
import { print } from "./print.ts";

const USAGE = `deno task bench:scans SCAN [PART OF A NAME...] [--rounds 3]

Time of every stage of detection in a scan, by all detectors or by those that have one of the words
in their names.`;

const { values: options, positionals: [path, ...words] } = readArguments(USAGE, {
  rounds: { type: "string", default: "3" },
}, Infinity);
if (path === undefined) wrongUsage(USAGE, "no scan is named");
const rounds = wholeNumber(USAGE, "--rounds", options.rounds);
refuseUnknown(USAGE, words, DETECTORS);
using gpu = await open();
print(`${gpu.caps.description}, kernel times by timestamps, least of ${rounds} rounds`);
const bytes = await Deno.readFile(resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path));
for (const name of DETECTORS.filter((name) => isNamed(name, words))) {
  const times = await scanTimes(gpu, { name: basename(path), bytes }, name, rounds);
  for (const line of [...stageLines(times), ...kernelLines(times)]) print(line);
}
