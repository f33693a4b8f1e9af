/**
 * Compares us with other runtimes on the same operations, in turn, and prints how many times faster
 * we are than the best of them.
 *
 * The folder holds `cases.ts` and a script for
 * each peer, whose packages are installed there; each prints a line a case with `best N ms`.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { readArguments, wholeNumber, wrongUsage } from "../arguments.ts";
import { print } from "../print.ts";

/** The peers on WebGPU, by the arguments of their scripts. */
const PEERS: readonly (readonly string[])[] = [
  ["ort.ts", "webgpu"],
  ["tfjs.ts", "webgpu"],
  ["jax_js.ts", "webgpu"],
];
const LINE = /^(\S+(?: \S+)?)\s{2,}(\S.*?)\s{2,}first .*best\s+([\d.]+) ms/;
const OURS = "vicinity";

const USAGE = `deno task bench:peers FOLDER [--rounds 3]

Compares us with the runtimes whose scripts and packages are in the folder.`;

const { values, positionals: [given] } = readArguments(USAGE, {
  rounds: { type: "string", default: "3" },
}, 1);
const rounds = wholeNumber(USAGE, "--rounds", values.rounds);
if (given === undefined) wrongUsage(USAGE, "no folder is named");

/** Best times in ms by case and runtime. */
const best = new Map<string, Map<string, number>>();

/** Runs a script and keeps its times; one that gives none ends the comparison. */
async function run(script: string, args: readonly string[]): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", script, ...args],
    stdin: "null",
    stderr: "inherit",
  }).output();
  let cases = 0;
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    const [, runtime = "", name = "", time] = LINE.exec(line) ?? [];
    if (time === undefined) continue;
    cases++;
    const times = best.get(name) ?? new Map<string, number>();
    times.set(runtime, Math.min(times.get(runtime) ?? Infinity, Number(time)));
    best.set(name, times);
  }
  if (cases > 0) return;
  print(
    `Cannot compare: ${script} gave no times. Install the packages of its folder (npm install).`,
  );
  Deno.exit(1);
}

const folder = resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), given);
const own = join(import.meta.dirname ?? "", "own.ts");
for (let round = 0; round < rounds; round++) {
  await run(own, [folder]);
  for (const [script = "", ...args] of PEERS) await run(join(folder, script), args);
}
for (const [name, times] of best) {
  const ours = times.get(OURS);
  const others = [...times].filter(([runtime]) => runtime !== OURS).sort((a, b) => a[1] - b[1]);
  const ratio = ours && others[0] ? (others[0][1] / ours).toFixed(2) : "-";
  const all = others.map(([runtime, ms]) => `${runtime} ${ms} ms`).join(", ");
  print(`${name}: ${OURS} ${ours ?? "-"} ms, ${all}: ${ratio} times as fast as the best of them`);
}
