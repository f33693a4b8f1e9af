import { basename, extname, join, resolve } from "node:path";
import { CliError } from "./errors.ts";
import type { Input } from "./inputs.ts";
import { userPath } from "./paths.ts";

/** An input with the file that is made from it. */
export interface Job {
  /** What is worked on. */
  readonly input: Input;
  /** Absolute path of the result, or `-` for standard output. */
  readonly target: string;
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
 * Names the result of every input: `<out>/<sub-folder>/<stem>.<suffix>`. Inputs that would get the same name
 * keep their whole name as stem.
 *
 * @param inputs The inputs with what comes after the stem, such as `x2.png`.
 * @param out The value of `--out`.
 * @returns One job for each input, in order.
 * @throws {CliError} `USAGE` when several results would go to one place.
 */
export async function nameOutputs(
  inputs: readonly { readonly input: Input; readonly suffix: string }[],
  out: string | undefined,
): Promise<readonly Job[]> {
  if (out === "-" && inputs.length > 1) {
    throw new CliError("USAGE", `standard output takes one result, not ${inputs.length}`, {
      hint: "give one input, or a folder with -o",
    });
  }
  const folder = await outputFolder(out, inputs.length);
  if (folder === undefined) {
    const target = out === undefined || out === "-" ? "-" : userPath(out);
    return inputs.map(({ input }) => ({ input, target }));
  }
  const jobs = inputs.map(({ input, suffix }) => ({
    input,
    short: join(folder, input.subfolder, `${stem(input)}.${suffix}`),
    long: join(folder, input.subfolder, `${basename(input.path)}.${suffix}`),
  }));
  const uses = new Map<string, number>();
  for (const { short } of jobs) uses.set(short, (uses.get(short) ?? 0) + 1);
  const named = jobs.map(({ input, short, long }) => ({
    input,
    target: uses.get(short) === 1 ? short : long,
  }));
  requireDistinct(named);
  return named;
}

function requireDistinct(jobs: readonly Job[]): void {
  const seen = new Map<string, Input>();
  for (const { input, target } of jobs) {
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
  if (inputs.some(({ path }) => resolve(path) === target)) {
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
  return basename(name, extname(name));
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
