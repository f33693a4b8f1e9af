/**
 * Runs golden files, the outputs of the authors' own code, through the modules that their metadata
 * name, and prints a line an output: case, output, largest absolute error, relative error
 * ‖out − ref‖ / ‖ref‖, tolerance, ok or FAIL.
 *
 * Exit status 1 if an output fails, 2 if a file names something unknown or cannot be read.
 *
 * @module
 */
import { resolve } from "node:path";
import { type Gpu, open } from "@vicinity/tensor";
import { readArguments, wrongUsage } from "../arguments.ts";
import { print, tell } from "../print.ts";
import { GoldenError } from "./errors.ts";
import { evaluate, type Verdict } from "./evaluate.ts";
import type { Tools } from "./runner.ts";

const ENDING = ".safetensors";

/** A file as given; of a folder all golden files inside it, in order of their names. */
async function* listFiles(path: string): AsyncGenerator<string> {
  if (!(await stat(path)).isDirectory) {
    yield path;
    return;
  }
  const inside = (await Array.fromAsync(Deno.readDir(path)))
    .filter(({ name, isDirectory }) => isDirectory || name.endsWith(ENDING))
    .map(({ name }) => `${path}/${name}`)
    .sort();
  for (const entry of inside) yield* listFiles(entry);
}

async function stat(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GoldenError(`Cannot read ${path}: there is no such file or folder. Check the path.`);
  }
}

function lineOf(verdict: Verdict): string {
  const { errors, reason } = verdict;
  const cells = [
    verdict.case.padEnd(30),
    verdict.output.padEnd(34),
    (errors ? errors.absolute.toExponential(2) : "-").padStart(9),
    (errors ? errors.relative.toExponential(2) : "-").padStart(9),
    verdict.tolerance.padEnd(26),
    verdict.ok ? "ok" : "FAIL",
  ];
  return cells.join("  ") + (reason === undefined ? "" : ` ${reason}`);
}

/** A context for all cases, opened for the first that needs one. */
function sharedTools(): Tools & { dispose(): Promise<void> } {
  let gpu: Promise<Gpu> | undefined;
  return {
    gpu: () => gpu ??= open(),
    dispose: async () => (await gpu)?.dispose(),
  };
}

/** Counts of the lines, and of the files that have none. */
interface Tally {
  passed: number;
  failed: number;
  unknown: number;
}

/** Does something with a path; a file that cannot be run is told and counted. */
async function told(tally: Tally, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof GoldenError)) throw error;
    tell(error.message);
    tally.unknown++;
  }
}

async function runFile(path: string, tools: Tools, tally: Tally): Promise<void> {
  for await (const verdict of evaluate(path, tools)) {
    print(lineOf(verdict));
    if (verdict.ok) tally.passed++;
    else tally.failed++;
  }
}

async function run(paths: readonly string[]): Promise<number> {
  const tools = sharedTools();
  const tally: Tally = { passed: 0, failed: 0, unknown: 0 };
  for (const path of paths) {
    await told(tally, async () => {
      for await (const file of listFiles(path)) {
        await told(tally, () => runFile(file, tools, tally));
      }
    });
  }
  await tools.dispose();
  print(`${tally.passed} passed, ${tally.failed} failed`);
  if (tally.unknown > 0) return 2;
  return tally.failed > 0 ? 1 : 0;
}

const USAGE = `deno task golden FILE|FOLDER...

Runs golden files, the outputs of the authors' own code, through the modules that their metadata name,
and prints how far each output lies from its reference.`;

const { positionals: paths } = readArguments(USAGE, {}, Infinity);
if (paths.length === 0) wrongUsage(USAGE, "no golden file is named");
const from = Deno.env.get("INIT_CWD") ?? Deno.cwd();
Deno.exitCode = await run(paths.map((path) => resolve(from, path)));
