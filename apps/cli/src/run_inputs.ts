import { dirname, join } from "node:path";
import { proveWritable, writeAtomic } from "./atomic_file.ts";
import { type ItemScope, type Outcome, runBatch, sizes, type Work } from "./batch.ts";
import type { Command, NamedResult, Run, RunFinding, Values } from "./command.ts";
import { CliError } from "./errors.ts";
import { type DiskPlan, planDisk, requireSpace, requireWritable } from "./disk_space.ts";
import { findInputs, type Input, readHead } from "./inputs.ts";
import { Meter, type MeteredWork, stagesInWords, type StageTimes, totalOf } from "./meter.ts";
import { chooseModel } from "./model_choice.ts";
import type { OptionTable } from "./options.ts";
import { checkTarget, type Job, type Named, nameOutputs, outputFolder } from "./outputs.ts";
import { shownPath, userPath } from "./paths.ts";
import type { Progress, ProgressEvent } from "./progress.ts";
import {
  exitCodeOf,
  itemDocument,
  type ItemRecord,
  type ResultFile,
  runDocument,
  type RunFrame,
  type Warning,
} from "./report.ts";
import type { StandardStreams } from "./standard_streams.ts";
import { findSurroundings, type Surroundings } from "./surroundings.ts";
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

/** A job with its results, in the order of its targets. */
interface NamedJob extends Job {
  readonly results: readonly NamedResult[];
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
  const work = workOn(run, { ...parts, meter }, jobs, { frame, surroundings: plan });
  let finished = 0;
  const records = await runBatch(jobs, work, {
    signal,
    failFast: values["fail-fast"],
    hints: command.hints,
    onRecord: async (ended) => {
      const record = withPlace(ended, parts.progress.reached, finished);
      if (record.status === "done") finished++;
      sayRecord(voice, record, plan !== undefined);
      if (values.verbose > 0 && record.times) voice.say(`  ${stagesInWords(record.times)}`);
      if (values.json) await writeStdout(`${JSON.stringify(itemDocument(frame(), record))}\n`);
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

/** An input that was read, and how long that took. */
interface Timed<Prepared> {
  readonly prepared: Prepared;
  readonly prepareMs: number;
}

function workOn<Table extends OptionTable, Prepared>(
  run: Run<Prepared>,
  { values, streams, inputs: given, meter }: RunParts<Table, Prepared> & { readonly meter: Meter },
  jobs: readonly NamedJob[],
  { frame, surroundings }: {
    readonly frame: () => RunFrame;
    readonly surroundings: Surroundings | undefined;
  },
): Work<Timed<Prepared>, NamedJob> {
  // A demonstration replaces the one before it, but not a file that the user named.
  const replaces = given.length === 0 && (values.out === undefined || values.out.endsWith("/"));
  const rules = {
    overwrite: values.overwrite || replaces,
    skipExisting: values["skip-existing"],
  };
  const inputs = jobs.map(({ input }) => input);
  const measured = new WeakMap<NamedJob, MeteredWork>();
  return {
    times: (job) => measured.get(job)?.times,
    check: async ({ input, targets }) => {
      if (input.fault) throw input.fault;
      if (targets[0] === "-") return "write";
      // What was interrupted between two results is made again.
      let missing = targets.length === 0;
      for (const target of targets) {
        if (await checkTarget(target, inputs, rules) === "write") missing = true;
      }
      return missing ? "write" : "skip";
    },
    prepare: async (job, signal) => {
      const start = performance.now();
      const prepared = await run.prepare(job, signal);
      return { prepared, prepareMs: performance.now() - start };
    },
    run: async (job, { prepared, prepareMs }, scope): Promise<Outcome> => {
      if (surroundings) return await planned(run, job, prepared, { streams, ...surroundings });
      const work = meter.begin(prepareMs);
      measured.set(job, work);
      try {
        return await produce(run, job, prepared, { scope, streams, frame, work });
      } finally {
        await work.end();
      }
    },
  };
}

/** Says what would be done to an input, and refuses what would fail before the work. */
async function planned<Prepared>(
  run: Run<Prepared>,
  job: NamedJob,
  prepared: Prepared,
  { streams, room, idleGpu }: Surroundings & { readonly streams: StandardStreams },
): Promise<Outcome> {
  const targets = filesFor(job, streams);
  for (const target of targets) await requireWritable(target);
  const disk = await diskFor(run, { ...job, targets }, prepared);
  const plan = await run.plan(prepared, { job: { ...job, targets }, room, idleGpu });
  const [target] = job.targets;
  const where = target === undefined ? {} : { target };
  const result = {
    ...{ ...where, ...plan },
    ...(room === undefined
      ? {}
      : { limits: { memoryBytes: room.budgetBytes, tensorBytes: room.bindingBytes } }),
    ...(disk === undefined ? {} : { disk }),
  };
  return { input: run.describe(prepared), result, files: [] };
}

function filesFor({ targets, results }: NamedJob, streams: StandardStreams): readonly string[] {
  return targets[0] === "-" ? results.map(({ suffix }) => streams.fileForOutput(suffix)) : targets;
}

/** The place on the disk where results that may be large go. */
async function diskFor<Prepared>(
  run: Run<Prepared>,
  job: Job,
  prepared: Prepared,
): Promise<DiskPlan | undefined> {
  const [target] = job.targets;
  const bytes = run.outputBytes?.(prepared, job);
  if (target === undefined || bytes === undefined) return undefined;
  const plan = await planDisk(target, bytes);
  requireSpace(target, plan);
  return plan;
}

/** Does the work on an input and writes what comes of it, to standard output too. */
async function produce<Prepared>(
  run: Run<Prepared>,
  job: NamedJob,
  prepared: Prepared,
  { scope, streams, frame, work }: {
    readonly scope: ItemScope;
    readonly streams: StandardStreams;
    readonly frame: () => RunFrame;
    readonly work: MeteredWork;
  },
): Promise<Outcome> {
  const toStdout = job.targets[0] === "-";
  const targets = filesFor(job, streams);
  await diskFor(run, { ...job, targets }, prepared);
  for (const target of targets) await proveWritable(target);
  const { result, summary } = await run.run({ ...job, targets }, prepared, scope);
  const made = job.results.flatMap(({ product }, index): readonly ResultFile[] => {
    const path = targets[index];
    return path === undefined ? [] : [{ product, path }];
  });
  const record = made.find(({ product }) => product === "json")?.path;
  const files = made.filter(({ path }) => path !== record);
  const outcome = {
    input: run.describe(prepared),
    result,
    summary,
    files: toStdout ? [] : files,
  };
  if (record !== undefined) {
    const { times } = work;
    await writeRecord(record, frame(), { job, outcome, times, warnings: scope.warnings });
  }
  if (toStdout) { for (const target of targets) await streams.send(target); }
  return { ...outcome, files: toStdout ? [] : made };
}

/** The JSON that a command was asked to write beside its other results. */
async function writeRecord(
  path: string,
  frame: RunFrame,
  { job, outcome, times, warnings }: {
    readonly job: Job;
    readonly outcome: Outcome;
    readonly times: StageTimes;
    readonly warnings: readonly Warning[];
  },
): Promise<void> {
  const document = itemDocument(frame, {
    input: job.input.shown,
    status: "done",
    about: outcome.input,
    result: outcome.result,
    outputs: await sizes(outcome.files),
    times,
    totalMs: totalOf(times),
    warnings,
    error: null,
  });
  await writeAtomic(path, new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`));
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
