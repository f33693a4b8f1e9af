import assert from "node:assert/strict";
import { open } from "@vicinity/tensor";
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
