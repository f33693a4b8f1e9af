import assert from "node:assert/strict";
import { open, ShapeError } from "@vicinity/tensor";
import { splitHeads } from "./split_heads.ts";

Deno.test("splitting heads turns adjacent pairs and pads each head with zeros", async () => {
  using gpu = await open();
  for (const [tokens, heads, width] of [[5, 2, 6], [3, 1, 8], [33, 3, 2]] as const) {
    const x = Float32Array.from({ length: tokens * heads * width }, (_, i) => Math.sin(i + 1));
    const angles = Float64Array.from({ length: tokens * width / 2 }, (_, i) => i * 0.3);
    const table = (f: (angle: number) => number) =>
      gpu.tensor([tokens, width / 2], Float32Array.from(angles, f));
    const y = splitHeads(gpu.tensor([tokens, heads * width], x), {
      heads,
      rotary: { cos: table(Math.cos), sin: table(Math.sin) },
    });
    const [values = new Float32Array()] = await gpu.read([y]);
    const padded = Math.ceil(width / 4) * 4;
    for (let h = 0; h < heads; h++) {
      for (let n = 0; n < tokens; n++) {
        for (let j = 0; j < padded; j++) {
          const at = (index: number) => x[(n * heads + h) * width + index] ?? 0;
          const angle = angles[n * width / 2 + (j >> 1)] ?? 0;
          const turned = j % 2 === 0
            ? at(j) * Math.cos(angle) - at(j + 1) * Math.sin(angle)
            : at(j - 1) * Math.sin(angle) + at(j) * Math.cos(angle);
          const expected = j < width ? turned : 0;
          const actual = values[(h * tokens + n) * padded + j] ?? NaN;
          assert(Math.abs(actual - expected) < 2e-6, `${h} ${n} ${j}: ${actual} ${expected}`);
        }
      }
    }
  }
});

Deno.test("splitting heads mixes each channel with the one four places beside it", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [tokens, heads, width] of [[5, 2, 8], [70, 3, 40], [3, 1, 4]] as const) {
    const random = (count: number, seed: number) =>
      Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i * i));
    const x = random(tokens * heads * width, 1);
    const [own, other] = [random(tokens * width, 2), random(tokens * width, 3)];
    // A lone four at the end has no partner.
    for (let n = 0; n < tokens; n++) {
      const from = n * width + width - width % 8;
      other.fill(0, from, (n + 1) * width);
    }
    const y = splitHeads(gpu.tensor([tokens, heads * width], x), {
      heads,
      crossed: { own: gpu.tensor([tokens, width], own), other: gpu.tensor([tokens, width], other) },
    });
    const [values = []] = await gpu.read([y]);
    for (let at = 0; at < values.length; at++) {
      const [j, n] = [at % width, Math.floor(at / width) % tokens];
      const start = (n * heads + Math.floor(at / (width * tokens))) * width;
      const partner = x[start + (j ^ 4)] ?? 0;
      const expected = (x[start + j] ?? NaN) * (own[n * width + j] ?? NaN) +
        partner * (other[n * width + j] ?? NaN);
      assert(Math.abs((values[at] ?? NaN) - expected) < 2e-6, `${tokens} ${at}`);
    }
  }
});

Deno.test("splitting heads names tables that do not fit", async () => {
  using gpu = await open();
  const table = gpu.empty([2, 8]);
  const crossed = { own: table, other: table };
  assert.throws(() => splitHeads(gpu.empty([3, 8]), { heads: 1, crossed }), ShapeError);
  assert.throws(
    () =>
      splitHeads(gpu.empty([2, 16]), { heads: 1, rotary: { cos: table, sin: gpu.empty([1, 8]) } }),
    ShapeError,
  );
  assert.throws(() => splitHeads(gpu.empty([2, 8], "f16"), { heads: 1 }), /x is f16/);
  const half = { own: table, other: gpu.empty([2, 8], "f16") };
  assert.throws(() => splitHeads(gpu.empty([2, 8]), { heads: 1, crossed: half }), /other is f16/);
});
