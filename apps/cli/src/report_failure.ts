import type { CliError } from "./errors.ts";
import { Progress, type ProgressMode } from "./progress.ts";
import { errorDocument } from "./report.ts";
import { stderrIsTerminal, terminalColumns, writeStderr, writeStdout } from "./terminal.ts";
import { VERSION } from "./versions.ts";
import type { Voice } from "./voice.ts";

/**
 * The display of progress on standard error.
 *
 * @param name Name of the command.
 * @param mode What it shows.
 * @returns The display, to be disposed.
 */
export function standardProgress(name: string, mode: ProgressMode): Progress {
  return new Progress({
    name,
    mode,
    write: writeStderr,
    terminal: stderrIsTerminal(),
    columns: terminalColumns(),
    now: () => performance.now(),
  });
}

/**
 * Whether a command line that may be wrong asks for progress as JSON.
 *
 * @param args The arguments.
 * @returns Whether errors are to be JSON too.
 */
export function asksForEvents(args: readonly string[]): boolean {
  return /(^| )--progress[= ]json( |$)/.test(args.join(" "));
}

/**
 * Reports a failure that belongs to no single input.
 *
 * @param error The failure.
 * @param voice Says it to people.
 * @param options Whether standard output is JSON.
 * @returns The exit code.
 */
export async function reportFailure(
  error: CliError,
  voice: Voice,
  options: { readonly json: boolean },
): Promise<number> {
  if (error.code === "STDOUT_CLOSED") return error.exitCode;
  voice.fail(error);
  if (!options.json) return error.exitCode;
  const tool = { name: "vicinity", version: VERSION };
  const document = { schema: 1, tool, outputs: [], error: errorDocument(error) };
  await writeStdout(`${JSON.stringify(document)}\n`).catch(() => {});
  return error.exitCode;
}
