import { join } from "node:path";
import { proveWritable } from "./atomic_file.ts";
import { sizes } from "./batch.ts";
import type { RunFinding } from "./command.ts";
import { CliError } from "./errors.ts";
import { checkTarget } from "./outputs.ts";
import { shownPath } from "./paths.ts";
import { type RunFrame, togetherDocument } from "./report.ts";
import { writeStdout } from "./terminal.ts";
import type { Voice } from "./voice.ts";

/** The common options that decide about results of all inputs together. */
export interface TogetherOptions {
  /** Replace existing files. */
  readonly overwrite: boolean;
  /** Leave out inputs whose results exist. */
  readonly "skip-existing": boolean;
  /** Only say what would be done. */
  readonly "dry-run": boolean;
}

/**
 * Finds out before the work whether what is made of all inputs together has a place.
 *
 * @param names Names of the files.
 * @param folder Folder of the results, if there is one.
 * @param options What may happen to existing files.
 * @throws {CliError} `USAGE` without a folder or with inputs that may be skipped; `OUTPUT_EXISTS`,
 * `OUTPUT_DENIED`.
 */
export async function checkTogether(
  names: readonly string[],
  folder: string | undefined,
  options: TogetherOptions,
): Promise<void> {
  const [first] = names;
  if (first === undefined) return;
  if (folder === undefined) {
    throw new CliError("USAGE", `${first} is made of all inputs and needs a folder`, {
      hint: "name a folder with -o",
    });
  }
  if (options["skip-existing"]) {
    throw new CliError("USAGE", `${first} is made of all inputs, none of which may be skipped`, {
      hint: "leave out --skip-existing",
    });
  }
  for (const name of names) {
    const target = join(folder, name);
    await checkTarget(target, [], { overwrite: options.overwrite, skipExisting: false });
    if (!options["dry-run"]) await proveWritable(target);
  }
}

/**
 * Says what was made of all inputs together.
 *
 * @param finding What it is.
 * @param frame The run.
 * @param listeners Who is told: people, and standard output if it takes JSON.
 */
export async function tellTogether(
  { files, lines, result }: RunFinding,
  frame: RunFrame,
  { voice, json }: { readonly voice: Voice; readonly json: boolean },
): Promise<void> {
  for (const line of lines) voice.say(line);
  for (const { path } of files) voice.say(`all inputs -> ${shownPath(path)}`);
  if (!json || result === undefined) return;
  await writeStdout(`${JSON.stringify(togetherDocument(frame, result, await sizes(files)))}\n`);
}
