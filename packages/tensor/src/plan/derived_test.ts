import assert from "node:assert/strict";
import { open } from "../gpu/open.ts";
import { pointwise } from "../ops/pointwise.ts";
import { derived } from "./derived.ts";

Deno.test("what follows from weights is made once for a plan, and what follows from inputs each time", async () => {
  using gpu = await open();
  const weight = gpu.tensor([4], Float32Array.of(1, 2, 3, 4));
  const before = gpu.stats.liveBytes;
  let filled = 0;
  {
    using plan = gpu.plan({
      name: "derived",
      inputs: { x: { shape: [4] } },
      run: ({ x }) => {
        const squares = derived(gpu, [weight], [4], (table) => {
          filled++;
          gpu.copy(pointwise("a * a", { a: weight }), table);
        });
        const doubled = derived(gpu, [weight, x], [4], (table) => {
          gpu.copy(pointwise("a + a", { a: x }), table);
        });
        return { squares: pointwise("a + b", { a: squares, b: x }), doubled };
      },
    });
    // Later changes of the weight do not reach the plan.
    gpu.write(weight, new Float32Array(4));
    for (const value of [0, 5]) {
      const { squares, doubled } = plan.run({ x: new Float32Array(4).fill(value) });
      const [a = [], b = []] = await gpu.read([squares, doubled]);
      assert.deepEqual([...a], [1, 4, 9, 16].map((square) => square + value));
      assert.deepEqual([...b], Array(4).fill(2 * value));
    }
  }
  assert.equal(filled, 1);
  assert.equal(gpu.stats.liveBytes, before);
});

Deno.test("outside of plans a derived tensor is like any other", async () => {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  {
    using _scope = gpu.scope();
    const ones = derived(gpu, [], [3], (table) => gpu.write(table, Float32Array.of(1, 1, 1)));
    const [values = []] = await gpu.read([ones]);
    assert.deepEqual([...values], [1, 1, 1]);
  }
  assert.equal(gpu.stats.liveBytes, before);
});
