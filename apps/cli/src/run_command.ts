import type { Command } from "./command.ts";
import { COMMON_OPTIONS } from "./common_options.ts";
import { readConfig } from "./config_file.ts";
import { CliError } from "./errors.ts";
import { helpText } from "./help.ts";
import { removeEmptyFolders } from "./made_folders.ts";
import { modelsText } from "./model_list.ts";
import type { OptionTable, OptionValues } from "./options.ts";
import { parseCommandLine, type Parsed } from "./parse.ts";
import { asksForEvents, reportFailure, standardProgress } from "./report_failure.ts";
import { runInputs } from "./run_inputs.ts";
import { Interrupts } from "./signals.ts";
import { shownPath } from "./paths.ts";
import { StandardStreams } from "./standard_streams.ts";
import { keepTemporaries } from "./temporaries.ts";
import { writeStdout } from "./terminal.ts";
import { toCliError } from "./to_cli_error.ts";
import { VERSION, versions } from "./versions.ts";
import { Voice } from "./voice.ts";

/**
 * Runs a command from its arguments to its exit code: options, inputs, outputs, the work on each input,
 * progress, errors, JSON. Nothing is thrown.
 *
 * @param command What the command adds.
 * @param args The arguments after the command's name.
 * @returns The exit code.
 */
export async function runCommand<Table extends OptionTable, Prepared>(
  command: Command<Table, Prepared>,
  args: readonly string[] = Deno.args,
): Promise<number> {
  const early = { json: args.includes("--json"), debug: args.includes("--debug") };
  const progress = standardProgress(command.name, "none");
  try {
    const parsed = await parse(args, command);
    const { values } = parsed;
    if (await answerQuestion(command, values)) return 0;
    requireFit(values);
    return await work(command, parsed, args);
  } catch (thrown) {
    const voice = new Voice(progress, {
      debug: early.debug,
      json: asksForEvents(args),
      quiet: false,
    });
    return await reportFailure(toCliError(thrown), voice, early);
  }
}

/** A command line with the common options among its own. */
type FullyParsed<Table extends OptionTable> = Parsed<Table> & Parsed<typeof COMMON_OPTIONS>;

async function parse<Table extends OptionTable>(
  args: readonly string[],
  { options: own, absent }: Pick<Command<Table, never>, "options" | "absent">,
): Promise<FullyParsed<Table>> {
  const parseWith = (config: Readonly<Record<string, string>>) =>
    parseCommandLine(args, { ...COMMON_OPTIONS, ...own }, config, absent) as FullyParsed<Table>;
  const first = parseWith({});
  const { config } = first.values;
  return config === undefined ? first : parseWith(await readConfig(config));
}

type CommonValues = OptionValues<typeof COMMON_OPTIONS>;

/** The switches that print something and end. */
async function answerQuestion<Table extends OptionTable, Prepared>(
  command: Command<Table, Prepared>,
  values: CommonValues,
): Promise<boolean> {
  if (values.help) await writeStdout(helpText(command));
  else if (values.version) {
    const text = values.json ? JSON.stringify(await versions()) : `vicinity ${VERSION}`;
    await writeStdout(`${text}\n`);
  } else if (values["list-models"]) {
    await writeStdout(await modelsText(command.tasks, values.json));
  } else return false;
  return true;
}

/** Options that exclude each other. */
function requireFit(values: CommonValues): void {
  const clashes: readonly [boolean, string][] = [
    [values.overwrite && values["skip-existing"], "--overwrite and --skip-existing"],
    [values.quiet && values.verbose > 0, "--quiet and --verbose"],
    [values.json && values.out === "-", "--json and -o -, which both need standard output,"],
  ];
  for (const [clash, names] of clashes) {
    if (clash) throw new CliError("USAGE", `${names} exclude each other`, { hint: "give one" });
  }
}

async function work<Table extends OptionTable, Prepared>(
  command: Command<Table, Prepared>,
  parsed: FullyParsed<Table>,
  args: readonly string[],
): Promise<number> {
  const { values } = parsed;
  using interrupts = new Interrupts();
  using progress = standardProgress(command.name, values.quiet ? "none" : values.progress);
  const voice = new Voice(progress, {
    quiet: values.quiet,
    debug: values.debug,
    json: values.progress === "json",
  });
  using _kept = values.debug
    ? keepTemporaries((path) => voice.say(`kept ${shownPath(path)}`))
    : undefined;
  using streams = new StandardStreams();
  try {
    const { signal } = interrupts;
    return await runInputs({ command, ...parsed, args, progress, voice, streams, signal });
  } catch (thrown) {
    const cause: unknown = interrupts.signal.aborted ? interrupts.signal.reason : thrown;
    return await reportFailure(toCliError(cause), voice, values);
  } finally {
    removeEmptyFolders();
  }
}
