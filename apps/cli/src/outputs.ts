import { basename, dirname, extname, join, resolve } from "node:path";
import { CliError } from "./errors.ts";
import type { Input } from "./inputs.ts";
import { userPath } from "./paths.ts";

/** What follows the name of a result in that of the folder where its parts wait for each other. */
export const WORK_ENDING = ".work";

/** An input with the files that are made from it. */
export interface Job {
  /** What is worked on. */
  readonly input: Input;
  /** Absolute paths of the results, the main one first; `-` alone for standard output. */
  readonly targets: readonly string[];
  /** Whether results have the whole name of the input, since another input has the same stem. */
  readonly hasWholeName?: boolean | undefined;
}

/** An input with what follows the stem in the names of its results, such as `x2.png`. */
export interface Named {
  /** What is worked on. */
  readonly input: Input;
  /** One for each result, the main one first; `kitti/txt` for one in a folder of its own. */
  readonly suffixes: readonly string[];
  /** The main result takes the format that a name asks for. */
  readonly anyFormat?: boolean | undefined;
}

/** What may happen to files that are there already. */
export interface OutputRules {
  /** Replace existing files. */
  readonly overwrite: boolean;
  /** Leave existing files and count their inputs as done. */
  readonly skipExisting: boolean;
}

/**
 * Decides the folder of a run's results.
 *
 * @param out The value of `--out`.
 * @param count How many inputs there are.
 * @returns An absolute path, or undefined when `--out` names a single file or standard output.
 */
export async function outputFolder(
  out: string | undefined,
  count: number,
): Promise<string | undefined> {
  if (out === "-") return undefined;
  const path = userPath(out ?? "out");
  if (out === undefined || out.endsWith("/") || await isFolder(path)) return path;
  return count === 1 && extname(path) !== "" ? undefined : path;
}

/**
 * Names the results of every input: `<out>/<sub-folder>/<stem>.<suffix>`, and
 * `<out>/<sub-folder>/kitti/<stem>.txt` for the suffix `kitti/txt`. Inputs that would get the same
 * names keep their whole name as stem. Where `--out` names a file, that is the first result of its
 * format, and the others are named after it.
 *
 * @param inputs The inputs with what comes after the stem.
 * @param out The value of `--out`.
 * @returns One job for each input, in order.
 * @throws {CliError} `USAGE` when several results would go to one place, or none has the format of the
 *   name.
 */
export async function nameOutputs(
  inputs: readonly Named[],
  out: string | undefined,
): Promise<readonly Job[]> {
  requireOneForStdout(inputs, out);
  const folder = await outputFolder(out, inputs.length);
  if (folder === undefined) {
    const jobs = inputs.map((named) => ({
      input: named.input,
      targets: out === undefined || out === "-" ? ["-"] : namedAfter(named, userPath(out)),
    }));
    requireDistinct(jobs);
    return jobs;
  }
  const under = ({ input, suffixes }: Named, base: string) =>
    suffixes.map((suffix) =>
      join(folder, input.subfolder, dirname(suffix), `${base}.${basename(suffix)}`)
    );
  const uses = new Map<string, number>();
  for (const target of inputs.flatMap((named) => under(named, stem(named.input)))) {
    uses.set(target, (uses.get(target) ?? 0) + 1);
  }
  const jobs = inputs.map((named) => {
    const targets = under(named, stem(named.input));
    const alone = targets.every((target) => uses.get(target) === 1);
    return {
      input: named.input,
      targets: alone ? targets : under(named, basename(named.input.path)),
      hasWholeName: !alone,
    };
  });
  requireDistinct(jobs);
  return jobs;
}

/** Targets of an input whose result the user named. */
function namedAfter({ suffixes, anyFormat }: Named, name: string): readonly string[] {
  const ending = extname(name).slice(1).toLowerCase();
  const exact = suffixes.indexOf(ending);
  const fitting = exact < 0 ? suffixes.findIndex((it) => extname(it) === `.${ending}`) : exact;
  const main = fitting < 0 && anyFormat ? 0 : fitting;
  if (main < 0 && suffixes.length > 0) {
    const endings = [...new Set(suffixes.map((suffix) => extname(`x.${suffix}`)))];
    throw new CliError("USAGE", `no result has the format of ${basename(name)}`, {
      file: name,
      hint: `choose a name that ends in ${endings.join(" or ")}, or a folder`,
    });
  }
  const base = name.slice(0, name.length - extname(name).length);
  return suffixes.map((suffix, index) =>
    index === main ? name : `${base}.${suffix.replace("/", ".")}`
  );
}

function requireOneForStdout(inputs: readonly Named[], out: string | undefined): void {
  const results = inputs.reduce((sum, { suffixes }) => sum + suffixes.length, 0);
  if (out !== "-" || results === 1) return;
  throw new CliError("USAGE", `standard output takes one result, not ${results}`, {
    hint: inputs.length > 1
      ? "give one input, or a folder with -o"
      : "ask for one result, or give a folder with -o",
  });
}

function requireDistinct(jobs: readonly Job[]): void {
  const seen = new Map<string, Input>();
  for (const { input, targets } of jobs) {
    for (const target of targets) {
      const other = seen.get(target);
      if (other !== undefined) {
        throw new CliError("USAGE", `${other.shown} and ${input.shown} would get one result`, {
          file: target,
          hint: "run them one after the other with different folders for -o",
        });
      }
      seen.set(target, input);
    }
  }
}

/**
 * Checks that a result may be written.
 *
 * @param target Its absolute path.
 * @param inputs All inputs of the run, none of which may be overwritten.
 * @param rules What may happen to existing files.
 * @returns `skip` when the result is there and may stay, else `write`.
 * @throws {CliError} `OUTPUT_IN_INPUT`, `OUTPUT_EXISTS`, `OUTPUT_DENIED`.
 */
export async function checkTarget(
  target: string,
  inputs: readonly Input[],
  rules: OutputRules,
): Promise<"write" | "skip"> {
  const read = inputs.flatMap(({ path, members = [] }) => [path, ...members.map((it) => it.path)]);
  if (read.some((path) => resolve(path) === target)) {
    throw new CliError("OUTPUT_IN_INPUT", "the result would replace an input", {
      file: target,
      hint: "choose another name with -o",
    });
  }
  const present = await statOrNothing(target);
  if (present === undefined) return "write";
  if (!present.isFile) {
    const what = present.isDirectory ? "a folder" : "something that is no file";
    throw new CliError("OUTPUT_DENIED", `${what} of this name is in the way`, {
      file: target,
      hint: "choose another name with -o",
    });
  }
  if (rules.skipExisting) return "skip";
  if (rules.overwrite) return "write";
  throw new CliError("OUTPUT_EXISTS", "the result exists already", {
    file: target,
    hint: "--overwrite replaces it, --skip-existing leaves it",
  });
}

function stem(input: Input): string {
  const name = basename(input.path);
  // Of several files it is the name of a folder, in which a dot begins no ending.
  return input.members !== undefined ? name : basename(name, extname(name));
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOrNothing(path))?.isDirectory ?? false;
}

async function statOrNothing(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch {
    return undefined;
  }
}
