import { proveWritable, writeAtomic } from "./atomic_file.ts";
import { type ItemScope, type Outcome, sizes, type Unwritten, type Work } from "./batch.ts";
import type { NamedResult, Run } from "./command.ts";
import { type DiskPlan, planDisk, requireSpace, requireWritable } from "./disk_space.ts";
import { type Meter, type MeteredWork, totalOf } from "./meter.ts";
import { checkTarget, type Job, type OutputRules } from "./outputs.ts";
import { itemDocument, type ResultFile, type RunFrame } from "./report.ts";
import type { StandardStreams } from "./standard_streams.ts";
import type { Surroundings } from "./surroundings.ts";

/** A job with its results, in the order of its targets. */
export interface NamedJob extends Job {
  /** What they show. */
  readonly results: readonly NamedResult[];
}

/** What the work on inputs needs of the run. */
export interface InputWork {
  /** All inputs. */
  readonly jobs: readonly NamedJob[];
  /** What may happen to files that are there already. */
  readonly rules: OutputRules;
  /** What a dry run knows of model and device; absent where the work is done. */
  readonly surroundings: Surroundings | undefined;
  /** Standard input and output. */
  readonly streams: StandardStreams;
  /** Follows where the time goes. */
  readonly meter: Meter;
  /** The run as it is now. */
  readonly frame: () => RunFrame;
  /** Takes the run as it was when the work on an input had been done. */
  readonly frames: WeakMap<Job, RunFrame>;
}

/** Results that take more memory than this are written before the next input is worked on. */
const HELD_BYTES = 256 * 2 ** 20;

/** An input that was read, and how long that took. */
interface Timed<Prepared> {
  readonly prepared: Prepared;
  readonly prepareMs: number;
}

/**
 * What a run does to each of its inputs.
 *
 * @param run The run.
 * @param options What it needs.
 * @returns The work on an input.
 */
export function workOn<Prepared>(
  run: Run<Prepared>,
  { jobs, rules, surroundings, meter, ...rest }: InputWork,
): Work<Timed<Prepared>, NamedJob> {
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
      const elapsed = meter.beside();
      const prepared = await run.prepare(job, signal);
      return { prepared, prepareMs: elapsed() };
    },
    run: async (job, { prepared, prepareMs }, scope): Promise<Unwritten> => {
      if (surroundings) {
        const outcome = await planned(run, job, prepared, { ...rest, ...surroundings });
        return { write: () => Promise.resolve(outcome) };
      }
      const work = meter.begin(prepareMs);
      measured.set(job, work);
      try {
        return await produce(run, job, prepared, { ...rest, scope, work });
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
  { streams, room, idleGpu }: Surroundings & Pick<InputWork, "streams">,
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

/** The work on an input, how it is watched and where it goes. */
interface Production extends Pick<InputWork, "streams"> {
  readonly scope: ItemScope;
  readonly work: MeteredWork;
}

/** Does the work on an input; what comes of it is written later, to standard output too. */
async function produce<Prepared>(
  run: Run<Prepared>,
  job: NamedJob,
  prepared: Prepared,
  { frame: frameNow, frames, ...production }: Production & Pick<InputWork, "frame" | "frames">,
): Promise<Unwritten> {
  const { scope, streams, work } = production;
  const targets = filesFor(job, streams);
  await diskFor(run, { ...job, targets }, prepared);
  for (const target of targets) await proveWritable(target);
  const { write, heldBytes = 0, result, summary } = await run.run(
    { ...job, targets },
    prepared,
    scope,
  );
  const found = { input: run.describe(prepared), result, summary };
  const frame = frameNow();
  frames.set(job, frame);
  const toStdout = job.targets[0] === "-";
  return {
    isAlone: heldBytes > HELD_BYTES,
    write: () =>
      work.write(async () => {
        await write?.();
        return await tell({ ...job, targets }, found, { ...production, frame, toStdout });
      }),
  };
}

/** Writes the record of an input after its other results, and sends them where standard output is asked. */
async function tell(
  { input, results, targets }: NamedJob,
  found: Omit<Outcome, "files">,
  { toStdout, scope, streams, frame, work }: Production & {
    readonly frame: RunFrame;
    readonly toStdout: boolean;
  },
): Promise<Outcome> {
  const made = results.flatMap(({ product }, index): readonly ResultFile[] => {
    const path = targets[index];
    return path === undefined ? [] : [{ product, path }];
  });
  const record = made.find(({ product }) => product === "json")?.path;
  if (record !== undefined) {
    const files = made.filter(({ path }) => path !== record);
    const { times } = work;
    const document = itemDocument(frame, {
      input: input.shown,
      status: "done",
      about: found.input,
      result: found.result,
      outputs: toStdout ? [] : await sizes(files),
      times,
      totalMs: totalOf(times),
      warnings: scope.warnings,
      error: null,
    });
    await writeAtomic(record, new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`));
  }
  if (toStdout) { for (const target of targets) await streams.send(target); }
  return { ...found, files: toStdout ? [] : made };
}
