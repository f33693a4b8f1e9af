import assert from "node:assert/strict";
import { attentionCandidates } from "@vicinity/attention";
import {
  CANDIDATES,
  candidatesChecksum,
  open,
  parseTuning,
  pointwise,
  tuningKey,
} from "@vicinity/tensor";
import { rank } from "../scripts/tune/measure.ts";
import { type Operation, operations, type Shapes } from "../scripts/tune/operations.ts";
import { tune } from "../scripts/tune/tune.ts";

const TINY: Shapes = {
  weights: [[8, 8, 3]],
  products: [[2, 16, 8]],
  convolutions: [[4, 8, 512]],
  matrices: [[2, 8, 16]],
  rows: [[8, 64]],
  heads: [[16, 16, 8]],
  neighbourhoods: [[8, 3, 8]],
  mlps: [[8, 16, 9]],
};

Deno.test("a tuning has a choice for each operation, and can be read again", async () => {
  using gpu = await open();
  const lines: string[] = [];
  const tuning = await tune(gpu, {
    shapes: TINY,
    timeCap: 60_000,
    print: (line) => lines.push(line),
  });
  const candidates = await candidatesChecksum(attentionCandidates());
  assert.deepEqual(parseTuning(JSON.parse(JSON.stringify(tuning)), candidates), tuning);
  const all = operations(gpu, () => undefined, TINY);
  const keys = all.map(({ family, extents }) => tuningKey(family, extents));
  assert.deepEqual(Object.keys(tuning.choices), keys);
  assert.deepEqual(new Set(all.map(({ family }) => family)), new Set(Object.keys(CANDIDATES)));
  for (const { family, extents, candidates } of all) {
    const choice = tuning.choices[tuningKey(family, extents)] ?? "";
    assert(candidates.includes(choice), `${family}: ${choice}`);
  }
  assert.match(lines[0] ?? "", /^8 operations, 60 s each .* at most about 8 min$/);
  for (const [at, { family, candidates }] of all.entries()) {
    if (family !== "conv" && family !== "neighbourhood") continue;
    const line = lines.filter((line) => line.endsWith(" ms"))[at] ?? "";
    for (const candidate of candidates) assert(line.includes(` ${candidate} `), line);
  }
  assert.equal(gpu.stats.liveBytes, 0);
});

Deno.test("no two operations that are measured share a key", async () => {
  using gpu = await open();
  const keys = operations(gpu, () => undefined).map(({ family, extents }) =>
    tuningKey(family, extents)
  );
  assert.deepEqual(keys.filter((key, index) => keys.indexOf(key) !== index), []);
});

Deno.test("where there is no time to compare kernels nothing is chosen", async () => {
  using gpu = await open();
  const lines: string[] = [];
  const tuning = await tune(gpu, { shapes: TINY, timeCap: 0, print: (line) => lines.push(line) });
  assert.deepEqual(tuning.choices, {});
  assert(lines.some((line) => line.endsWith("split left out, 0 ms are over")));
});

Deno.test("a kernel that computes something else is an error, not a winner", async () => {
  using gpu = await open();
  const wrong: Operation = {
    family: "mlp",
    extents: { dim: 8, hidden: 8 },
    candidates: CANDIDATES.mlp,
    prepare: (gpu, candidate) => {
      const x = gpu.tensor([4], Float32Array.of(1, 2, 3, 4));
      return () => pointwise(candidate === "fused" ? "1.001 * x" : "x", { x });
    },
  };
  await assert.rejects(
    rank(gpu, wrong, () => {}, Infinity),
    /Cannot tune: mlp fused computes something else/,
  );
});
