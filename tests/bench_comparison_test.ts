import assert from "node:assert/strict";
import { compareCommits } from "../scripts/bench_comparison.ts";
import type { BenchRun } from "../scripts/bench_runs.ts";

/** A run that timed some operations. */
function run(commit: string, times: Readonly<Record<string, number>>): BenchRun {
  const results = Object.entries(times).map(([name, minMs]) => ({
    ...{ name, minMs, medianMs: minMs },
    ...{ dispatches: 1, gflops: 1, gigabytesPerSecond: 1 },
  }));
  return { commit, date: "", adapter: "card", deno: "2", results, scans: [], networks: [] };
}

Deno.test("what became slower or faster by more than a tenth is told, the rest is the same", () => {
  const old = run("aaa", { matmul: 10, softmax: 10, norm: 10, only: 1 });
  const comparison = compareCommits(
    [old, run("bbb", { matmul: 11.5, softmax: 8, norm: 10.9 })],
    [],
  );
  assert.deepEqual(comparison?.commits, ["aaa", "bbb"]);
  assert.deepEqual(
    comparison.changes.map(({ name, verdict }) => [name, verdict]),
    [["matmul", "slower"], ["softmax", "faster"], ["norm", "same"]],
  );
});

Deno.test("runs of a commit count together, by their least times", () => {
  const runs = [
    run("aaa", { matmul: 10 }),
    run("bbb", { matmul: 30 }),
    run("bbb", { matmul: 10, norm: 1 }),
  ];
  const [change] = compareCommits(runs, ["a", "b"])?.changes ?? [];
  assert.deepEqual(change, { name: "matmul", beforeMs: 10, afterMs: 10, verdict: "same" });
});

Deno.test("without runs of both commits there is no comparison", () => {
  assert.equal(compareCommits([run("aaa", {})], []), undefined);
  assert.equal(compareCommits([run("aaa", {}), run("bbb", {})], ["aaa", "ccc"]), undefined);
});
