import { dirname, join } from "node:path";
import { writeAtomic } from "./atomic_file.ts";
import { runBatch, sizes } from "./batch.ts";
import type { Command, NamedResult, Run, RunFinding, Values } from "./command.ts";
import { CliError } from "./errors.ts";
import { type NamedJob, workOn } from "./input_work.ts";
import { findInputs, type Input, readHead } from "./inputs.ts";
import { Meter, stagesInWords } from "./meter.ts";
import { chooseModel } from "./model_choice.ts";
import type { OptionTable } from "./options.ts";
import { type Job, type Named, nameOutputs, outputFolder } from "./outputs.ts";
import { shownPath, userPath } from "./paths.ts";
import type { Progress, ProgressEvent } from "./progress.ts";
import { exitCodeOf, itemDocument, type ItemRecord, runDocument, type RunFrame } from "./report.ts";
import type { StandardStreams } from "./standard_streams.ts";
import { findSurroundings } from "./surroundings.ts";
import { sayDoubles, sayKernels, sayRecord, saySummary, sayWhereToLook } from "./tell_records.ts";
import { writeStdout } from "./terminal.ts";
import { checkTogether, tellTogether } from "./together.ts";
import { programVersions, VERSION } from "./versions.ts";
import type { Voice } from "./voice.ts";

/** What a run is made of. */
export interface RunParts<Table extends OptionTable, Prepared> {
  /** The command. */
  readonly command: Command<Table, Prepared>;
  /** Values of all options. */
  readonly values: Values<Table>;
  /** Long names of the options that the user gave. */
  readonly given: ReadonlySet<string>;
  /** The arguments that are no options. */
  readonly inputs: readonly string[];
  /** The whole command line, for `run.json`. */
  readonly args: readonly string[];
  /** Shows how far the work is. */
  readonly progress: Progress;
  /** Speaks to people. */
  readonly voice: Voice;
  /** Standard input and output. */
  readonly streams: StandardStreams;
  /** Aborts when the user stops the run. */
  readonly signal: AbortSignal;
}

/**
 * Does a command's work on all its inputs.
 *
 * @param parts The command, its options and its surroundings.
 * @returns The exit code.
 * @throws {CliError} For failures that belong to no single input.
 */
export async function runInputs<Table extends OptionTable, Prepared>(
  parts: RunParts<Table, Prepared>,
): Promise<number> {
  const { command, values, signal, voice } = parts;
  const inputs = await collectInputs(parts);
  const folder = await outputFolder(values.out, inputs.length);
  const meter = new Meter({ kernels: values.verbose > 1 });
  using run = await command.begin({
    values,
    given: parts.given,
    count: inputs.length,
    demonstration: parts.inputs.length === 0,
    folder,
    chooseModel: (tasks) => chooseModel(tasks, values),
    signal,
    progress: parts.progress,
    meter,
    warn: (warning) => voice.warn(warning),
    note: (line) => values.verbose > 0 && voice.say(line),
  });
  const jobs = await nameJobs(inputs, run, values.out);
  sayDoubles(voice, jobs);
  await checkTogether(run.together ?? [], folder, values);
  const plan = values["dry-run"] ? await findSurroundings(run, values, voice) : undefined;
  const frame = (): RunFrame => ({
    command: command.name,
    task: run.task,
    version: VERSION,
    planned: plan !== undefined,
    model: run.info.model,
    device: plan?.device ?? run.info.device,
  });
  // A demonstration replaces the one before it, but not a file that the user named.
  const replaces = parts.inputs.length === 0 &&
    (values.out === undefined || values.out.endsWith("/"));
  const frames = new WeakMap<Job, RunFrame>();
  const work = workOn(run, {
    ...{ jobs, meter, frame, frames },
    rules: {
      overwrite: values.overwrite || replaces,
      skipExisting: values["skip-existing"],
    },
    surroundings: plan,
    streams: parts.streams,
  });
  let finished = 0;
  const records = await runBatch(jobs, work, {
    signal,
    failFast: values["fail-fast"],
    hints: command.hints,
    onRecord: async (ended, job) => {
      const record = withPlace(ended, parts.progress.reached, finished);
      if (record.status === "done") finished++;
      sayRecord(voice, record, plan !== undefined);
      if (values.verbose > 0 && record.times) voice.say(`  ${stagesInWords(record.times)}`);
      if (values.json) {
        await writeStdout(`${JSON.stringify(itemDocument(frames.get(job) ?? frame(), record))}\n`);
      }
    },
  });
  if (jobs.length > 1) saySummary(voice, records);
  if (values.verbose > 1) sayKernels(voice, meter);
  const together = plan === undefined ? await run.finish?.(records) : undefined;
  if (together !== undefined) await tellTogether(together, frame(), { voice, json: values.json });
  if (parts.inputs.length === 0) sayWhereToLook(voice, records, command.showcase);
  if (plan === undefined) {
    await writeRunRecord(parts, frame(), { records, together, seed: run.seed });
  }
  const code = exitCodeOf(records);
  if (code !== 0 || plan?.obstacle === undefined) return code;
  throw plan.obstacle;
}

/** Says of an interrupted input how far it was, and how to go on after the inputs before it. */
function withPlace(
  record: ItemRecord,
  reached: ProgressEvent | undefined,
  finished: number,
): ItemRecord {
  const { error, input } = record;
  if (error?.code !== "INTERRUPTED") return record;
  const isOfInput = reached?.item === undefined || reached.item.endsWith(input);
  const message = reached !== undefined && isOfInput
    ? `stopped after ${amountDone(reached)}`
    : error.message;
  const goOn = finished > 0
    ? "what was finished is kept: --skip-existing passes over it"
    : undefined;
  const hint = [goOn, error.hint].filter((part) => part !== undefined).join("; ") || undefined;
  return { ...record, error: new CliError("INTERRUPTED", message, { hint, cause: error.cause }) };
}

function amountDone({ done, total, unit }: ProgressEvent): string {
  if (unit !== "pixel") return `${done} of ${total ?? "?"} ${unit}s`;
  return `${Math.floor(100 * done / (total ?? Infinity))} % of the picture`;
}

async function collectInputs<Table extends OptionTable, Prepared>(
  parts: RunParts<Table, Prepared>,
): Promise<readonly Input[]> {
  const { command, values, voice } = parts;
  const args = parts.inputs.length > 0 ? parts.inputs : [await demonstration(parts)];
  const { inputs, ignored } = await findInputs(args, {
    extensions: values.ext.length === 0
      ? command.extensions
      : values.ext.map((ending) => ending.replace(/^\./, "").toLowerCase()),
    recursive: values.recursive,
    isOwnProduct: command.isOwnProduct,
  });
  if (ignored > 0) {
    const files = ignored === 1 ? "1 file" : `${ignored} files`;
    voice.say(`passed over ${files} of other kinds or made by this command`);
  }
  const received = await parts.streams.receive(inputs, parts.signal);
  return command.gather?.(received, values) ?? received;
}

/** Without inputs the command shows what it can do. */
async function demonstration<Table extends OptionTable, Prepared>(
  parts: RunParts<Table, Prepared>,
): Promise<string> {
  const { command, values, voice } = parts;
  if (values["dry-run"] || values.out === "-") {
    throw new CliError("NO_INPUT", "no input was given", { hint: "--help shows examples" });
  }
  const folder = await outputFolder(values.out, 1) ?? dirname(userPath(values.out ?? ""));
  const path = await command.demonstrate(folder);
  voice.say(`no input was given: made the demonstration ${shownPath(path)}`);
  return path;
}

async function nameJobs<Prepared>(
  inputs: readonly Input[],
  run: Run<Prepared>,
  out: string | undefined,
): Promise<readonly NamedJob[]> {
  const results: (readonly NamedResult[])[] = [];
  const named: Named[] = [];
  for (const input of inputs) {
    const own = run.results(input, await readHead(input));
    results.push(own);
    const suffixes = own.map(({ suffix }) => suffix);
    named.push({ input, suffixes, anyFormat: run.takesAnyFormat?.(input) });
  }
  const jobs = await nameOutputs(named, out);
  return jobs.map((job, index) => ({ ...job, results: results[index] ?? [] }));
}

/** Leaves a record in the folder of the results, unless somebody else's file has its name. */
async function writeRunRecord<Table extends OptionTable, Prepared>(
  { values, args }: RunParts<Table, Prepared>,
  frame: RunFrame,
  { records, together, seed }: {
    readonly records: readonly ItemRecord[];
    readonly together: RunFinding | undefined;
    readonly seed: number | undefined;
  },
): Promise<void> {
  const folder = await outputFolder(values.out, records.length);
  const outputs = await sizes(together?.files ?? []);
  const isEmpty = outputs.length === 0 && !records.some((record) => record.outputs.length > 0);
  if (folder === undefined || isEmpty) return;
  const path = join(folder, "run.json");
  if (await isForeign(path)) return;
  const whole = { outputs, result: together?.result, seed, versions: await programVersions() };
  const text = JSON.stringify(runDocument(frame, args, { records, ...whole }), null, 2);
  await writeAtomic(path, new TextEncoder().encode(`${text}\n`));
}

async function isForeign(path: string): Promise<boolean> {
  try {
    const document: unknown = JSON.parse(await Deno.readTextFile(path));
    return !JSON.stringify(document).startsWith('{"schema":1,"tool":{"name":"vicinity"');
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
