import assert from "node:assert/strict";
import { Parameters, WeightStore } from "@vicinity/checkpoint";
import { open, pointwise, sizeOf } from "@vicinity/tensor";
import { unitValues } from "@vicinity/tensor/testing";
import { FusedMlp } from "./fused_mlp.ts";
import { DepthwiseConv2d, Linear } from "./layers.ts";
import { seededWeights } from "./testing/seeded_weights.ts";

Deno.test("an MLP in one kernel gives what its layers give, with a convolution and a scale", async () => {
  using gpu = await open({ debug: true });
  const parameters = new Parameters(gpu);
  const store = WeightStore.over(seededWeights());
  const [dim, hidden] = [16, 40];
  const fc1 = new Linear(parameters, store.at("fc1"), [dim, hidden]);
  const conv = new DepthwiseConv2d(parameters, store.at("dwconv"), [hidden, 3]);
  const fc2 = new Linear(parameters, store.at("fc2"), [hidden, dim]);
  const gamma = parameters.vector(store, "gamma", [dim]);
  const convolved = new FusedMlp(parameters, store, { dim, hidden, convolution: "dwconv" });
  const scale = store.get("gamma", [dim]);
  const scaled = new FusedMlp(parameters, store, { dim, hidden, scale });
  await parameters.load();
  const shape = [2, 9, 5, dim];
  const x = gpu.tensor(shape, unitValues(sizeOf(shape), 1));
  const residual = gpu.tensor(shape, unitValues(sizeOf(shape), 2));
  const map = conv.forward(fc1.forward(x), { activation: "gelu" });
  const pairs = [
    [convolved.forward(x, { residual }), fc2.forward(map, { residual })],
    [
      scaled.forward(x),
      fc2.forward(pointwise("gelu(a)", { a: fc1.forward(x) }), { scale: gamma.value }),
    ],
  ] as const;
  for (const pair of pairs) {
    const [fused = [], layers = []] = await gpu.read(pair);
    const apart = Array.from(layers, (value, at) => Math.abs(value - (fused[at] ?? NaN)));
    const worst = Math.max(...apart);
    assert.ok(worst < 1e-5, `apart by ${worst}`);
  }
  parameters.dispose();
});
