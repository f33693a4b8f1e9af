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

/** How one input is done: read first, possibly while the one before is worked on, then worked on. */
export interface Work<Prepared, OneJob extends Job = Job> {
  /** Whether this job is to be done or its result is there. */
  readonly check: (job: OneJob) => Promise<"write" | "skip">;
  /** Reads and decodes; runs at most one input ahead. */
  readonly prepare: (job: OneJob, signal: AbortSignal) => Promise<Prepared>;
  /** Does the work and writes the result. */
  readonly run: (job: OneJob, prepared: Prepared, scope: ItemScope) => Promise<Outcome>;
  /** Where the time of {@link Work.run} went, also when it failed; not known when absent. */
  readonly times?: (job: OneJob) => StageTimes | undefined;
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
export interface BatchOptions {
  /** Stops the run. */
  readonly signal: AbortSignal;
  /** Stop at the first failure. */
  readonly failFast: boolean;
  /** Next steps after failures that the command knows better; those for all commands when absent. */
  readonly hints?: Hints | undefined;
  /** Told of each input as it ends. */
  readonly onRecord: (record: ItemRecord) => Promise<void>;
}

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Works through a list of inputs. One that fails does not stop the others, unless the failure would hit
 * them all; the next input is read while the current one is worked on.
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
 *   run: (_job, prepared) => Promise.resolve({ input: {}, result: prepared + 1, files: [] }),
 * }, { signal: new AbortController().signal, failFast: false, onRecord: () => Promise.resolve() });
 * assert.equal(records[0]?.result, 21);
 * ```
 */
export async function runBatch<Prepared, OneJob extends Job>(
  jobs: readonly OneJob[],
  work: Work<Prepared, OneJob>,
  options: BatchOptions,
): Promise<readonly ItemRecord[]> {
  const records: ItemRecord[] = [];
  const begin = (job: OneJob | undefined) =>
    job === undefined || options.signal.aborted
      ? undefined
      : settle(checkAndPrepare(job, work, options.signal));
  let stopped = false;
  let ahead = begin(jobs[0]);
  for (const [index, job] of jobs.entries()) {
    const record: ItemRecord =
      stopped || (ahead === undefined && options.signal.aborted && records.length > 0)
        ? notRun(job)
        : await runOne(job, ahead, () => ahead = begin(jobs[index + 1]), work, options);
    stopped ||= record.error !== null && (record.error.fatal || options.failFast);
    records.push(record);
    await options.onRecord(record);
  }
  return records;
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
  work: Work<Prepared, OneJob>,
  { signal, hints }: BatchOptions,
): Promise<ItemRecord> {
  const start = performance.now();
  const warnings: Warning[] = [];
  const finish = (rest: Partial<ItemRecord> & Pick<ItemRecord, "status">): ItemRecord => {
    const times = work.times?.(job);
    return {
      input: job.input.shown,
      about: {},
      result: null,
      outputs: [],
      times,
      totalMs: times === undefined ? performance.now() - start : totalOf(times),
      warnings,
      error: null,
      ...rest,
    };
  };
  try {
    signal.throwIfAborted();
    const ready = await reading;
    signal.throwIfAborted();
    readNext();
    if (ready === undefined) throw new CliError("INTERNAL", "the input was never read");
    if ("error" in ready) throw ready.error;
    if (ready.value.skip) return finish({ status: "skipped" });
    const scope = { signal, warnings, warn: (warning: Warning) => void warnings.push(warning) };
    const { input, result, summary, files } = await work.run(job, ready.value.input, scope);
    const outputs = await sizes(files);
    return finish({ status: "done", about: input, result, summary, outputs });
  } catch (thrown) {
    // An input that was stopped may know better than the signal what is left of it.
    const isTold = thrown instanceof CliError && thrown.code === "INTERRUPTED";
    const cause: unknown = signal.aborted && !isTold ? signal.reason : thrown;
    const error = toCliError(cause, undefined, hints);
    // What hits every input is not this file's fault.
    return finish({
      status: "failed",
      error: error.fatal ? error : toCliError(error, job.input.shown),
    });
  }
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
