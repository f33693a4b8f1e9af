/**
 * Compares the times of two commits, from the runs that `deno task bench --json` kept, on each adapter
 * that has both. Exit status 1 if something became slower by more than a tenth.
 *
 * @module
 */
import { readArguments, wrongUsage } from "./arguments.ts";
import { compareCommits, type Comparison } from "./bench_comparison.ts";
import { keptRuns } from "./bench_runs.ts";
import { print } from "./print.ts";

const USAGE = `deno task bench:report [OLD NEW]

Compares the times of two commits, from the runs that deno task bench --json kept in .cache/bench; the
last two without words. Runs of a commit count together, by their least times.`;

function report({ adapter, commits, changes }: Comparison): void {
  print(`${adapter}: ${commits.join(" against ")}, least ms`);
  for (const { name, beforeMs, afterMs, verdict } of changes) {
    const percent = `${(100 * (afterMs / beforeMs - 1)).toFixed(1)} %`;
    const cells = [beforeMs.toFixed(2), afterMs.toFixed(2), percent];
    const mark = { same: "", faster: "  faster", slower: "  SLOWER" }[verdict];
    print(`  ${name.padEnd(46)}${cells.map((cell) => cell.padStart(11)).join("")}${mark}`);
  }
}

const { positionals: wanted } = readArguments(USAGE, {}, 2);
if (wanted.length === 1) wrongUsage(USAGE, "a second commit is missing");
const kept = await keptRuns();
const comparisons = kept.flatMap((runs) => compareCommits(runs, wanted) ?? []);
if (comparisons.length === 0) {
  const commits = [...new Set(kept.flat().map(({ commit }) => commit))];
  const known = commits.length === 0 ? "none is kept" : `kept are those of ${commits.join(", ")}`;
  wrongUsage(USAGE, `no adapter has runs of both commits; ${known}`);
}
comparisons.forEach(report);
const slower = comparisons.flatMap(({ changes }) => changes)
  .some(({ verdict }) => verdict === "slower");
Deno.exitCode = slower ? 1 : 0;
