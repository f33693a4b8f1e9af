/**
 * Holds the sizes of the code below ceilings: lines of each package and command, names that `mod.ts`
 * exports, lines of a file. Exit status 1 where one is exceeded. That every public name has its
 * documentation is `deno doc --lint`'s to say.
 *
 * @module
 */
import { readArguments } from "./arguments.ts";
import { print } from "./print.ts";

/** Lines without tests and benches; names that the front door exports, where there is one. */
type Sizes = readonly [lines: number, exports?: number];

/**
 * What was aimed at is 6000 lines for tensor, 900 for a package of models and 60 exported names; these
 * are the sizes that there are, rounded up. To grow beyond one is to change its number here, where the
 * change is seen; who makes code smaller lowers it.
 */
const CEILINGS: Readonly<Record<string, Sizes>> = {
  "apps/classify": [150],
  "apps/cli": [6700, 170],
  "apps/detect": [4250, 5],
  "apps/doctor": [550],
  "apps/download": [200],
  "apps/segment": [950],
  "apps/upscale": [2650],
  "packages/attention": [4100, 60],
  "packages/checkpoint": [4800, 60],
  "packages/dinat": [1800, 45],
  "packages/dsvt": [6000, 125],
  "packages/favit": [1750, 45],
  "packages/media": [8300, 120],
  "packages/relayformer": [2500, 70],
  "packages/simplegvr": [5950, 120],
  "packages/tensor": [12600, 170],
  "packages/vision": [8150, 245],
};

/** Lines of any file. */
const LONGEST_FILE = 400;

const root = new URL("../", import.meta.url);
const NOT_COUNTED = /_(test|bench)\.ts$|\/testing\//;

/** All sources below a folder of the project, with how many lines they have. */
function* sources(folder: string): Generator<[path: string, lines: number]> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts")) {
      yield [path, Deno.readTextFileSync(new URL(path, root)).trimEnd().split("\n").length];
    }
  }
}

/** Packages and commands, by their paths from the project's folder. */
function members(): string[] {
  return ["packages", "apps"].flatMap((folder) =>
    [...Deno.readDirSync(new URL(folder, root))].map(({ name }) => `${folder}/${name}`)
  ).sort();
}

function linesOf(member: string): number {
  let sum = 0;
  for (const [path, lines] of sources(member)) if (!NOT_COUNTED.test(path)) sum += lines;
  return sum;
}

/** Names between the braces of the front door's exports; another test holds that it has nothing else. */
function exportsOf(member: string): number | undefined {
  try {
    const text = Deno.readTextFileSync(new URL(`${member}/mod.ts`, root));
    return [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
      .flatMap(([, names = ""]) => names.split(",").filter((name) => name.trim() !== "")).length;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What is too large, a line each. */
function* excesses(): Generator<string> {
  for (const member of members()) {
    const [lines = 0, exported = 0] = CEILINGS[member] ?? [];
    const [hasLines, hasExports = 0] = [linesOf(member), exportsOf(member)];
    if (hasLines > lines) yield `${member} has ${hasLines} lines, at most ${lines} are meant`;
    if (hasExports > exported) {
      yield `${member}/mod.ts exports ${hasExports} names, at most ${exported} are meant`;
    }
  }
  for (const folder of ["packages", "apps", "scripts", "tests"]) {
    for (const [path, lines] of sources(folder)) {
      if (lines > LONGEST_FILE) {
        yield `${path} has ${lines} lines, at most ${LONGEST_FILE} are meant`;
      }
    }
  }
}

const USAGE = `deno task budgets [--table]

Says what is larger than the ceilings in scripts/budgets.ts; with --table the sizes that there are.`;

const { values: options } = readArguments(USAGE, { table: { type: "boolean", default: false } });
if (options.table) {
  for (const member of members()) print(`${member}: [${linesOf(member)}, ${exportsOf(member)}]`);
}
const found = [...excesses()];
for (const excess of found) print(excess);
if (found.length === 0) print(`${members().length} packages and commands are within their budgets`);
Deno.exitCode = found.length === 0 ? 0 : 1;
