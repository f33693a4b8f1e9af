import assert from "node:assert/strict";
import { Parameters, WeightStore } from "@vicinity/checkpoint";
import { open } from "@vicinity/tensor";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import { seededWeights } from "./testing/seeded_weights.ts";
import { UperNetHead } from "./upernet.ts";

const INPUTS = [4, 8, 4, 8] as const;
const CONFIG = { inputs: INPUTS, channels: 4, classes: 3, poolScales: [1, 2] };
/** Heights and widths of the four maps. */
const SIZES = [[9, 12], [5, 6], [3, 3], [2, 2]] as const;

Deno.test("the head gives the same inside a plan, and frees its tables with its weights", async () => {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  const parameters = new Parameters(gpu);
  const head = new UperNetHead(parameters, WeightStore.over(seededWeights()), CONFIG);
  await parameters.load();
  const values = SIZES.map(([height, width], index) =>
    unitValues(height * width * (INPUTS[index] ?? 0), index)
  );
  const shapeOf = (index: number) => [1, ...(SIZES[index] ?? []), INPUTS[index] ?? 0];
  const given = () => {
    const [a, b, c, d] = values.map((map, index) => gpu.tensor(shapeOf(index), map));
    assert.ok(a && b && c && d);
    return [a, b, c, d] as const;
  };
  {
    using _scope = gpu.scope();
    using plan = gpu.plan({
      name: "head",
      inputs: {
        a: { shape: shapeOf(0) },
        b: { shape: shapeOf(1) },
        c: { shape: shapeOf(2) },
        d: { shape: shapeOf(3) },
      },
      run: ({ a, b, c, d }) => ({ logits: head.forward([a, b, c, d]) }),
    });
    const [a, b, c, d] = given();
    const [planned = []] = await gpu.read([plan.run({ a, b, c, d }).logits]);
    const [eager = []] = await gpu.read([head.forward(given())]);
    assert.ok(new Set(planned).size > 100);
    assertClose(planned, eager, 1e-6, "logits");
  }
  parameters.dispose();
  assert.equal(gpu.stats.liveBytes, before);
});
