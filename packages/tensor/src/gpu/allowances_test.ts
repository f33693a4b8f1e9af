import assert from "node:assert/strict";
import { matmul } from "../ops/matmul.ts";
import { usualBudget, workAllowance } from "./allowances.ts";
import { open } from "./open.ts";

const GIB = 2 ** 30;

Deno.test("kernels on the processor get at most half of its memory, cards 4 GiB", () => {
  assert.deepEqual(
    [3 * GIB, 6 * GIB, 64 * GIB, undefined].map((host) => usualBudget({ isCpu: true }, host)),
    [1.5 * GIB, 3 * GIB, 4 * GIB, 4 * GIB],
  );
  assert.equal(usualBudget({ isCpu: false }, 3 * GIB), 4 * GIB);
});

Deno.test("a context keeps what it was told of the machine, and a budget that was given", async () => {
  using small = await open({ hostBytes: 2 * GIB });
  assert.equal(small.budgetBytes, (small.caps.isCpu ? 1 : 4) * GIB);
  using given = await open({ hostBytes: 2 * GIB, budgetBytes: 3 * GIB });
  assert.equal(given.budgetBytes, 3 * GIB);
});

Deno.test("a tenth of the time is a tenth of the work at a time", () => {
  for (const isCpu of [true, false]) {
    const usual = workAllowance({ isCpu });
    const short = workAllowance({ isCpu }, usual.maxDispatchMs / 10);
    assert.equal(short.dispatchFlops, usual.dispatchFlops / 10);
    assert.equal(short.flushFlops, usual.flushFlops / 10);
  }
});

Deno.test("a shorter time cuts work into more kernel calls and submissions, with the same values", async () => {
  const [layers, side] = [6, 40];
  const shape = [layers, side, side] as const;
  const numbers = Float32Array.from({ length: layers * side * side }, (_, at) => at % 7 - 3);
  const outcomes = [];
  for (const maxDispatchMs of [200, 2 * side ** 3 * 2 / 5e8]) {
    using gpu = await open({ maxDispatchMs });
    const [a, b] = [gpu.tensor(shape, numbers), gpu.tensor(shape, numbers)];
    const before = gpu.stats.submits;
    const product = matmul(a, b);
    // Reading submits what is left, and the copy.
    const submits = gpu.stats.submits - before;
    const [values] = await gpu.read([product]);
    const calls = gpu.caps.timestamps ? (await gpu.profile(() => void matmul(a, b))).length : 0;
    outcomes.push({ submits, calls, values });
  }
  const [usual, short] = outcomes;
  assert.deepEqual(short?.values, usual?.values);
  assert.ok(
    (short?.submits ?? 0) >= 3 && usual?.submits === 0,
    `${usual?.submits}, ${short?.submits}`,
  );
  // Six layers in pairs, beside what is packed before.
  if (usual && usual.calls > 0) assert.equal(short?.calls, usual.calls + 2);
});
