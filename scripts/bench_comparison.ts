/** What became of times from one commit to another. */
import { type BenchRun, leastTimes } from "./bench_runs.ts";

/** Changes up to this are taken for chance. */
const NOTABLE = 0.1;

/** The time of one thing before and after. */
export interface Change {
  readonly name: string;
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Whether it changed by more than a tenth, and how. */
  readonly verdict: "same" | "faster" | "slower";
}

/** Two commits on one adapter. */
export interface Comparison {
  readonly adapter: string;
  readonly commits: readonly [before: string, after: string];
  /** What both have timed. */
  readonly changes: readonly Change[];
}

/**
 * Compares two commits. Runs of one commit count together, by their least times.
 *
 * @param runs The runs of an adapter, in order.
 * @param wanted Beginnings of two commits; the last two that ran when empty.
 * @returns The comparison, if there are runs of both.
 */
export function compareCommits(
  runs: readonly BenchRun[],
  wanted: readonly string[],
): Comparison | undefined {
  const commits = [...new Set(runs.map(({ commit }) => commit).reverse())].reverse();
  const [before, after] = wanted.length === 0
    ? commits.slice(-2)
    : wanted.map((word) => commits.findLast((commit) => commit.startsWith(word)));
  const [first] = runs;
  if (before === undefined || after === undefined || first === undefined) return undefined;
  const timesOf = (commit: string) => leastTimes(runs.filter((run) => run.commit === commit));
  const old = timesOf(before);
  const changes = [...timesOf(after)].flatMap(([name, afterMs]): Change[] => {
    const beforeMs = old.get(name);
    if (beforeMs === undefined) return [];
    return [{ name, beforeMs, afterMs, verdict: verdictOf(afterMs / beforeMs - 1) }];
  });
  return { adapter: first.adapter, commits: [before, after], changes };
}

function verdictOf(change: number): Change["verdict"] {
  if (change > NOTABLE) return "slower";
  return change < -NOTABLE ? "faster" : "same";
}
