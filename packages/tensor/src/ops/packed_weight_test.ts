import assert from "node:assert/strict";
import { hostBytes, toHost } from "../gpu/host_array.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { convReference } from "../reference/conv.ts";
import type { Tensor } from "../tensor.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { fixedSubgroup } from "../wgsl/subgroups.ts";
import { conv2d } from "./conv2d.ts";
import { linear } from "./linear.ts";
import { chooseTile, type GemmVariant, type PackedWeight, packWeight } from "./packed_weight.ts";

const STORED = ["f16", "bf16"] as const;

/** What is left of values when they are stored in 16 bits. */
function rounded(values: Float32Array, stored: typeof STORED[number]): Float32Array {
  const bytes = hostBytes(values, stored);
  return Float32Array.from(toHost(bytes.buffer, 0, values.length, stored));
}

function variants(gpu: Gpu): GemmVariant[] {
  return fixedSubgroup(gpu.caps) ? ["lanes", "registers", "shared"] : ["registers", "shared"];
}

Deno.test("weights of 16 bits take half the memory and give what their rounded values give", async () => {
  using gpu = await open({ defaultLimits: true });
  const [m, n, k] = [37, 33, 17];
  const x = testValues(m * k, 1), w = testValues(n * k, 2);
  for (const stored of STORED) {
    const values = rounded(w, stored);
    const { y: expected } = convReference({
      ...{ x, xShape: [1, 1, m, k] },
      ...{ w: values, wShape: [n, k, 1, 1, 1] },
    });
    for (const variant of variants(gpu)) {
      using _scope = gpu.scope();
      const half = packWeight(gpu, w, [n, k], { variant, stored });
      const whole = packWeight(gpu, values, [n, k], { variant });
      assert.equal(2 * half.tensor.storage.bytes, whole.tensor.storage.bytes);
      const [tokens, label] = [gpu.tensor([m, k], x), `${variant} ${stored}`];
      const [actual = [], same = []] = await gpu.read([
        linear(tokens, half),
        linear(tokens, whole),
      ]);
      assert.deepEqual(actual, same, label);
      assertClose(actual, expected, sumTolerance(k), label);
    }
  }
});

Deno.test("threads have four columns unless fewer leave much less idle", async () => {
  using gpu = await open();
  for (const [columns, each] of [[64, 4], [56, 4], [112, 4], [72, 3], [48, 3], [16, 2], [8, 1]]) {
    assert.equal(chooseTile(gpu.caps, columns ?? 0, 64, "registers").columns, each, `${columns}`);
  }
});

Deno.test("convolutions in groups take weights of 16 bits", async () => {
  using gpu = await open();
  const [channels, columns, groups] = [6, 10, 2];
  const x = testValues(2 * 9 * 7 * channels, 3);
  const w = testValues(columns * (channels / groups) * 9, 4);
  const results = (weight: PackedWeight): Tensor =>
    conv2d(gpu.tensor([2, 9, 7, channels], x), weight, { padding: 1, stride: 2 });
  for (const stored of STORED) {
    for (const variant of variants(gpu)) {
      using _scope = gpu.scope();
      const shape = [columns, channels / groups, 3, 3];
      const half = packWeight(gpu, w, shape, { groups, variant, stored });
      const whole = packWeight(gpu, rounded(w, stored), shape, { groups, variant });
      const [actual, expected] = await gpu.read([results(half), results(whole)]);
      assert.deepEqual(actual, expected, `${variant} ${stored}`);
    }
  }
});
