import { CliError } from "./errors.ts";
import { type StageTimes, totalOf } from "./meter.ts";
import type { Job } from "./outputs.ts";
import type { ItemRecord, OutputRecord, ResultFile, Warning } from "./report.ts";
import { type Hints, toCliError } from "./to_cli_error.ts";

/** What the work on one input may report. */
export interface ItemScope {
  /** Aborts when the user stops the run. */
  readonly signal: AbortSignal;
  /** Takes note of something odd. */
  readonly warn: (warning: Warning) => void;
  /** What was noted so far. */
  readonly warnings: readonly Warning[];
}

/**
 * How one input is done: read, worked on, written. While one is worked on, the one before it is written and
 * the one after it is read; at no time are more than these three in memory.
 */
export interface Work<Prepared, OneJob extends Job = Job> {
  /** Whether this job is to be done or its result is there. */
  readonly check: (job: OneJob) => Promise<"write" | "skip">;
  /** Reads and decodes; runs at most one input ahead. */
  readonly prepare: (job: OneJob, signal: AbortSignal) => Promise<Prepared>;
  /** Does the work. */
  readonly run: (job: OneJob, prepared: Prepared, scope: ItemScope) => Promise<Unwritten>;
  /** Where the time of working and writing went, also when they failed; not known when absent. */
  readonly times?: (job: OneJob) => StageTimes | undefined;
}

/** Work that is done, and whose results are still to be written. */
export interface Unwritten {
  /**
   * Writes them, while the next input may be worked on. Nothing stops that but a failure: what took the
   * time of the GPU is kept.
   */
  readonly write: () => Promise<Outcome>;
  /** Whether the next input waits for that. */
  readonly isAlone?: boolean;
}

/** What came of one input. */
export interface Outcome {
  /** What is known of the input beside its path. */
  readonly input: Readonly<Record<string, unknown>>;
  /** What JSON should show of it. */
  readonly result: unknown;
  /** The same in a few words. */
  readonly summary?: string | undefined;
  /** The files that were written. */
  readonly files: readonly ResultFile[];
}

/** The limits of a batch. */
export interface BatchOptions<OneJob extends Job = Job> {
  /** Stops the run. */
  readonly signal: AbortSignal;
  /** Stop at the first failure. */
  readonly failFast: boolean;
  /** Next steps after failures that the command knows better; those for all commands when absent. */
  readonly hints?: Hints | undefined;
  /** Told of each input as it ends. */
  readonly onRecord: (record: ItemRecord, job: OneJob) => Promise<void>;
}

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Works through a list of inputs. One that fails does not stop the others, unless the failure would hit
 * them all; while one is worked on, the next is read and the last one is written.
 *
 * @param jobs The inputs and their results.
 * @param work How one is done.
 * @param options When to stop.
 * @returns A record for every job, in order.
 *
 * @example
 * ```ts
 * import { runBatch } from "@vicinity/cli";
 * import assert from "node:assert/strict";
 *
 * const jobs = [{ input: { path: "/a", shown: "a", subfolder: "" }, targets: ["-"] }];
 * const records = await runBatch(jobs, {
 *   check: () => Promise.resolve("write"),
 *   prepare: () => Promise.resolve(20),
 *   run: (_job, prepared) => {
 *     const outcome = { input: {}, result: prepared + 1, files: [] };
 *     return Promise.resolve({ write: () => Promise.resolve(outcome) });
 *   },
 * }, { signal: new AbortController().signal, failFast: false, onRecord: () => Promise.resolve() });
 * assert.equal(records[0]?.result, 21);
 * ```
 */
export async function runBatch<Prepared, OneJob extends Job>(
  jobs: readonly OneJob[],
  work: Work<Prepared, OneJob>,
  options: BatchOptions<OneJob>,
): Promise<readonly ItemRecord[]> {
  const records: ItemRecord[] = [];
  // Stops the input that is worked on when the one before it turns out to end the batch.
  const halt = new AbortController();
  const signal = AbortSignal.any([options.signal, halt.signal]);
  const begin = (job: OneJob | undefined) =>
    job === undefined || signal.aborted ? undefined : settle(checkAndPrepare(job, work, signal));
  const end = async (job: OneJob, { write }: Step): Promise<void> => {
    try {
      const record = await write();
      if (record.error !== null && (record.error.fatal || options.failFast)) halt.abort();
      records.push(record);
      await options.onRecord(record, job);
    } catch (error) {
      halt.abort();
      throw error;
    }
  };
  let ahead = begin(jobs[0]);
  let ending: Promise<Settled<void>> = Promise.resolve({ value: undefined });
  for (const [index, job] of jobs.entries()) {
    const isLeft = halt.signal.aborted ||
      (ahead === undefined && options.signal.aborted && index > 0);
    const readNext = () => ahead = begin(jobs[index + 1]);
    const step = isLeft
      ? ended(notRun(job))
      : await runOne(job, ahead, readNext, { ...options, work, halt: halt.signal });
    await valueOf(ending);
    ending = settle(end(job, step));
    if (step.isAlone) await valueOf(ending);
  }
  await valueOf(ending);
  return records;
}

/** What is left to do of an input that was worked on. */
interface Step {
  /** Writes what came of it. */
  readonly write: () => Promise<ItemRecord>;
  /** Whether the next input waits for that. */
  readonly isAlone: boolean;
}

function ended(record: ItemRecord | Promise<ItemRecord>): Step {
  return { write: () => Promise.resolve(record), isAlone: true };
}

type Ready<Prepared> = { readonly skip: true } | { readonly skip: false; readonly input: Prepared };

async function checkAndPrepare<Prepared, OneJob extends Job>(
  job: OneJob,
  work: Work<Prepared, OneJob>,
  signal: AbortSignal,
): Promise<Ready<Prepared>> {
  if (await work.check(job) === "skip") return { skip: true };
  return { skip: false, input: await work.prepare(job, signal) };
}

async function runOne<Prepared, OneJob extends Job>(
  job: OneJob,
  reading: Promise<Settled<Ready<Prepared>>> | undefined,
  readNext: () => void,
  { work, signal: stop, halt, hints }: Pick<BatchOptions, "signal" | "hints"> & {
    readonly work: Work<Prepared, OneJob>;
    readonly halt: AbortSignal;
  },
): Promise<Step> {
  const signal = AbortSignal.any([stop, halt]);
  const { warnings, done, failed } = bookOf(job, work, { signal: stop, hints });
  const warn = (warning: Warning) => void warnings.push(warning);
  try {
    signal.throwIfAborted();
    const ready = await reading;
    signal.throwIfAborted();
    readNext();
    if (ready === undefined) throw new CliError("INTERNAL", "the input was never read");
    const value = await valueOf(ready);
    if (value.skip) return ended(done("skipped"));
    const { write, isAlone = false } = await work.run(job, value.input, { signal, warnings, warn });
    return { write: () => write().then((outcome) => done("done", outcome)).catch(failed), isAlone };
  } catch (thrown) {
    return ended(halt.aborted ? notRun(job) : failed(thrown));
  }
}

/** Makes the record of an input that is begun now. */
function bookOf<OneJob extends Job>(
  job: OneJob,
  { times: timesOf }: Pick<Work<unknown, OneJob>, "times">,
  { signal, hints }: Pick<BatchOptions, "signal" | "hints">,
) {
  const start = performance.now();
  const warnings: Warning[] = [];
  const record = (rest: Partial<ItemRecord> & Pick<ItemRecord, "status">): ItemRecord => {
    const times = timesOf?.(job);
    const totalMs = times === undefined ? performance.now() - start : totalOf(times);
    return { ...notRun(job), times, totalMs, warnings, ...rest };
  };
  const done = async (status: "done" | "skipped", outcome?: Outcome): Promise<ItemRecord> => {
    if (outcome === undefined) return record({ status });
    const { input: about, result, summary, files } = outcome;
    return record({ status, about, result, summary, outputs: await sizes(files) });
  };
  const failed = (thrown: unknown): ItemRecord => {
    // An input that was stopped may know better than the signal what is left of it.
    const isTold = thrown instanceof CliError && thrown.code === "INTERRUPTED";
    const error = toCliError(signal.aborted && !isTold ? signal.reason : thrown, undefined, hints);
    // What hits every input is not this file's fault.
    const ofFile = error.fatal ? error : toCliError(error, job.input.shown);
    return record({ status: "failed", error: ofFile });
  };
  return { warnings, done, failed };
}

/**
 * Sizes of files.
 *
 * @param files The files.
 * @returns The same with the bytes of each.
 */
export async function sizes(files: readonly ResultFile[]): Promise<readonly OutputRecord[]> {
  return await Promise.all(
    files.map(async ({ product, path }) => ({
      product,
      path,
      bytes: (await Deno.stat(path)).size,
    })),
  );
}

function notRun(job: Job): ItemRecord {
  return {
    input: job.input.shown,
    status: "not run",
    about: {},
    result: null,
    outputs: [],
    totalMs: 0,
    warnings: [],
    error: null,
  };
}

/** A promise that never rejects, so that reading ahead cannot fail while nobody listens. */
function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  return promise.then((value) => ({ value }), (error: unknown) => ({ error }));
}

/** What a settled promise gave, or its error thrown. */
async function valueOf<T>(settled: Settled<T> | Promise<Settled<T>>): Promise<T> {
  const outcome = await settled;
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}
