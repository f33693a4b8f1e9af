/**
 * Runs golden files, the outputs of the authors' own code, through the modules that their metadata
 * name, and prints a line an output: case, output, largest absolute error, relative error
 * ‖out − ref‖ / ‖ref‖, tolerance, ok or FAIL.
 *
 * Usage: `deno task golden FILE|FOLDER...`
 *
 * Exit status 1 if an output fails, 2 if a file names something unknown or cannot be read.
 *
 * @module
 */
import { resolve } from "node:path";
import { type Gpu, open } from "@vicinity/tensor";
import { GoldenError } from "./errors.ts";
import { evaluate, type Verdict } from "./evaluate.ts";
import type { Tools } from "./runner.ts";

const ENDING = ".safetensors";

/** Files as given; of folders all golden files inside them, in order of their names. */
async function* listFiles(paths: readonly string[]): AsyncGenerator<string> {
  for (const path of paths) {
    if (!(await stat(path)).isDirectory) {
      yield path;
      continue;
    }
    const inside = (await Array.fromAsync(Deno.readDir(path)))
      .filter(({ name, isDirectory }) => isDirectory || name.endsWith(ENDING))
      .map(({ name }) => `${path}/${name}`)
      .sort();
    yield* listFiles(inside);
  }
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

function print(stream: typeof Deno.stdout, line: string): void {
  stream.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** A context for all cases, opened for the first that needs one. */
function sharedTools(): Tools & { dispose(): Promise<void> } {
  let gpu: Promise<Gpu> | undefined;
  return {
    gpu: () => gpu ??= open(),
    dispose: async () => (await gpu)?.dispose(),
  };
}

async function run(paths: readonly string[]): Promise<number> {
  const tools = sharedTools();
  let [passed, failed, unknown] = [0, 0, 0];
  try {
    for await (const path of listFiles(paths)) {
      try {
        for await (const verdict of evaluate(path, tools)) {
          print(Deno.stdout, lineOf(verdict));
          if (verdict.ok) passed++;
          else failed++;
        }
      } catch (error) {
        if (!(error instanceof GoldenError)) throw error;
        print(Deno.stderr, error.message);
        unknown++;
      }
    }
  } catch (error) {
    if (!(error instanceof GoldenError)) throw error;
    print(Deno.stderr, error.message);
    unknown++;
  } finally {
    await tools.dispose();
  }
  print(Deno.stdout, `${passed} passed, ${failed} failed`);
  if (unknown > 0) return 2;
  return failed > 0 ? 1 : 0;
}

if (Deno.args.length === 0) {
  print(
    Deno.stderr,
    "Cannot run golden files: none are named. Use deno task golden FILE|FOLDER...",
  );
  Deno.exitCode = 2;
} else {
  const from = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  Deno.exitCode = await run(Deno.args.map((path) => resolve(from, path)));
}
