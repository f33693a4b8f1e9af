import type { CliError } from "./errors.ts";
import type { StageTimes } from "./meter.ts";

/** Something worth telling that did not stop the work. */
export interface Warning {
  /** A stable code. */
  readonly code: string;
  /** One sentence. */
  readonly message: string;
}

/** The model and the device of a run, as its JSON shows them. */
export interface RunInfo {
  /** Which network did the work. */
  readonly model: Readonly<Record<string, string | number | null>> | null;
  /** On which adapter. */
  readonly device: Readonly<Record<string, string | number | boolean | null>> | null;
}

/** A file that was written. */
export interface ResultFile {
  /** What it shows, by its name in `--save`. */
  readonly product: string;
  /** Its absolute path. */
  readonly path: string;
}

/** A file that was written, with its size. */
export interface OutputRecord extends ResultFile {
  /** Its size. */
  readonly bytes: number;
}

/** What happened to one input. */
export interface ItemRecord {
  /** The input as shown to the user. */
  readonly input: string;
  /** Done, left alone because its result is there, failed, or never begun. */
  readonly status: "done" | "skipped" | "failed" | "not run";
  /** What is known of the input beside its path. */
  readonly about: Readonly<Record<string, unknown>>;
  /** What the command says of its result. */
  readonly result: unknown;
  /** The same in a few words, for people. */
  readonly summary?: string | undefined;
  /** The files that were written. */
  readonly outputs: readonly OutputRecord[];
  /** Where the time went; absent for an input that was not worked on. */
  readonly times?: StageTimes | undefined;
  /** Milliseconds in all. */
  readonly totalMs: number;
  /** What was odd. */
  readonly warnings: readonly Warning[];
  /** Why it failed. */
  readonly error: CliError | null;
}

/** What stands around the records of a run. */
export interface RunFrame extends RunInfo {
  /** The name of the command. */
  readonly command: string;
  /** What its JSON calls the work. */
  readonly task: string;
  /** The version of the tools. */
  readonly version: string;
  /** Whether the run only said what it would do. */
  readonly planned: boolean;
}

/**
 * The JSON document of one input: same keys in the same order, whatever happened.
 *
 * @param frame The run.
 * @param record The input.
 * @returns An object to be printed as JSON.
 */
export function itemDocument(frame: RunFrame, record: ItemRecord): Record<string, unknown> {
  return {
    schema: 1,
    tool: { name: "vicinity", version: frame.version },
    model: frame.model,
    device: frame.device,
    input: { path: record.input, ...record.about },
    task: frame.task,
    status: frame.planned && record.status === "done" ? "planned" : record.status,
    result: record.result ?? null,
    outputs: record.outputs,
    timing: timingDocument(record),
    warnings: record.warnings,
    error: record.error === null ? null : errorDocument(record.error),
  };
}

const NO_TIMES: StageTimes = { loadMs: 0, warmupMs: 0, preMs: 0, gpuMs: 0, postMs: 0 };

/** Whole milliseconds, stage by stage. */
function timingDocument({ times = NO_TIMES, totalMs }: ItemRecord): Record<string, number> {
  return {
    loadMs: Math.round(times.loadMs),
    warmupMs: Math.round(times.warmupMs),
    preMs: Math.round(times.preMs),
    gpuMs: Math.round(times.gpuMs),
    postMs: Math.round(times.postMs),
    totalMs: Math.round(totalMs),
  };
}

/**
 * A failure as JSON.
 *
 * @param error The failure.
 * @returns Its code, message and hint, and the file that it is about.
 */
export function errorDocument(error: CliError): Record<string, string | null> {
  const { code, message, hint = null, file = null } = error;
  return { code, message, hint, file };
}

/** A run that has come to its end. */
export interface EndedRun {
  /** Every input. */
  readonly records: readonly ItemRecord[];
  /** The files that were made of all inputs together. */
  readonly outputs: readonly OutputRecord[];
  /** What was found out about all inputs together. */
  readonly result?: Readonly<Record<string, unknown>> | undefined;
  /** Seed of all draws; absent for commands that draw nothing. */
  readonly seed?: number | undefined;
  /** Versions of the programs that did the work; null for one that is not there. */
  readonly versions: Readonly<Record<"deno" | "ffmpeg", string | null>>;
}

/**
 * The content of `run.json`.
 *
 * @param frame The run.
 * @param args The command line.
 * @param ended Every input, and what was made of all together.
 * @returns An object to be written as JSON.
 */
export function runDocument(
  frame: RunFrame,
  args: readonly string[],
  { records, outputs, result, seed, versions: { deno, ffmpeg } }: EndedRun,
): Record<string, unknown> {
  return {
    schema: 1,
    tool: { name: "vicinity", version: frame.version },
    versions: { deno, ffmpeg },
    command: frame.command,
    arguments: args,
    model: frame.model,
    device: frame.device,
    ...(seed === undefined ? {} : { seed }),
    inputs: records.map((record) => ({
      input: record.input,
      status: record.status,
      outputs: record.outputs,
      timing: timingDocument(record),
      warnings: record.warnings,
      error: record.error === null ? null : errorDocument(record.error),
    })),
    ...(outputs.length === 0 ? {} : { outputs }),
    ...(result === undefined ? {} : { result }),
  };
}

/**
 * The JSON document of what was made of all inputs together.
 *
 * @param frame The run.
 * @param result What was found out.
 * @param outputs The files that were written.
 * @returns An object to be printed as JSON, with `inputs` where that of an input has `input`.
 */
export function togetherDocument(
  frame: RunFrame,
  result: Readonly<Record<string, unknown>>,
  outputs: readonly OutputRecord[],
): Record<string, unknown> {
  return {
    schema: 1,
    tool: { name: "vicinity", version: frame.version },
    model: frame.model,
    device: frame.device,
    task: frame.task,
    inputs: "all",
    result,
    outputs,
  };
}

/**
 * A failure as lines for a person.
 *
 * @param error The failure.
 * @returns `error[CODE]: message`, then the file and a hint where there are any.
 */
export function errorLines(error: CliError): string[] {
  const lines = [`error[${error.code}]: ${error.message}`];
  if (error.file !== undefined) lines.push(`  file: ${error.file}`);
  lines.push(...error.lines.map((line) => `  | ${line}`));
  if (error.hint !== undefined) lines.push(`  hint: ${error.hint}`);
  return lines;
}

/**
 * The exit code of a run.
 *
 * @param records Every input.
 * @returns 0 when none failed; the code of the failure when all failed alike or one was fatal; else 3.
 */
export function exitCodeOf(records: readonly ItemRecord[]): number {
  const errors = records.flatMap(({ error }) => error === null ? [] : [error]);
  const fatal = errors.find((error) => error.fatal);
  if (fatal !== undefined) return fatal.exitCode;
  const [first] = errors;
  if (first === undefined) return 0;
  const allAlike = errors.length === records.length &&
    errors.every(({ exitCode }) => exitCode === first.exitCode);
  return allAlike ? first.exitCode : 3;
}
