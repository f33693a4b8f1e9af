/**
 * Time of every stage of detection in a scan, and the rate of the kernels behind them:
 * `deno task bench:scans SCAN [part of a detector's name] [--rounds 3]`.
 *
 * @module
 */
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { open } from "@vicinity/tensor";
import { DETECTORS } from "./scan_stages/detectors.ts";
import { kernelLines, scanTimes, stageLines } from "./scan_stages/stages.ts";

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "3" } },
  allowPositionals: true,
});
const [path, part = ""] = positionals;
if (path === undefined) {
  throw new TypeError("Cannot bench: no scan is named. Use deno task bench:scans SCAN.");
}
using gpu = await open();
print(`${gpu.caps.description}, kernel times by timestamps, least of ${options.rounds} rounds`);
const bytes = await Deno.readFile(resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path));
for (const name of DETECTORS.filter((name) => name.includes(part))) {
  const times = await scanTimes(gpu, { name: basename(path), bytes }, name, Number(options.rounds));
  for (const line of [...stageLines(times), ...kernelLines(times)]) print(line);
}
