/** Runs of the benches, kept by adapter in `.cache/bench`: a line of JSON each. */
import { fileNameOf } from "./file_name.ts";
import type { NetworkTimes } from "./networks/times.ts";
import type { ScanTimes } from "./scan_stages/stages.ts";

/** What is known of an operation after all rounds. */
export interface OperationTimes {
  readonly name: string;
  readonly dispatches: number;
  readonly minMs: number;
  readonly medianMs: number;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
}

/** Everything of one run. */
export interface BenchRun {
  /** The commit, with `-dirty` behind it if files were changed since. */
  readonly commit: string;
  /** When it ended, after ISO 8601. */
  readonly date: string;
  readonly adapter: string;
  readonly deno: string;
  readonly results: readonly OperationTimes[];
  readonly scans: readonly Omit<ScanTimes, "kernels">[];
  readonly networks: readonly NetworkTimes[];
}

const FOLDER = new URL("../.cache/bench/", import.meta.url);

/** The commit of the working tree; `unknown` outside of one. */
export async function currentCommit(): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["describe", "--always", "--dirty", "--exclude=*", "--abbrev=10"],
      cwd: new URL(".", import.meta.url),
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : "unknown";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "unknown";
    throw error;
  }
}

/** Adds a run to those of its adapter. */
export async function keepRun(run: BenchRun): Promise<void> {
  await Deno.mkdir(FOLDER, { recursive: true });
  const name = `${fileNameOf(run.adapter)}.jsonl`;
  await Deno.writeTextFile(new URL(name, FOLDER), `${JSON.stringify(run)}\n`, { append: true });
}

/** The kept runs, those of an adapter together and in order. */
export async function keptRuns(): Promise<BenchRun[][]> {
  const adapters: BenchRun[][] = [];
  try {
    for await (const { name } of Deno.readDir(FOLDER)) {
      const lines = (await Deno.readTextFile(new URL(name, FOLDER))).trim().split("\n");
      adapters.push(lines.map((line) => JSON.parse(line)));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return adapters;
}

/** Least milliseconds of everything that some runs timed, by name. */
export function leastTimes(runs: readonly BenchRun[]): Map<string, number> {
  const least = new Map<string, number>();
  for (const { results, scans, networks } of runs) {
    const all: [name: string, ms: number][] = [
      ...[...results, ...networks].map(({ name, minMs }): [string, number] => [name, minMs]),
      ...scans.flatMap(({ name, stages }) =>
        stages.map(({ stage, ms }): [string, number] => [`${name}, ${stage}`, ms])
      ),
    ];
    for (const [name, ms] of all) least.set(name, Math.min(ms, least.get(name) ?? Infinity));
  }
  return least;
}
