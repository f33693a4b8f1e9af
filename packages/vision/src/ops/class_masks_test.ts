import assert from "node:assert/strict";
import { open } from "@vicinity/tensor";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import { classMasks, rowsOfNumbers } from "./class_masks.ts";

Deno.test("every detection gets the mask of its class, four pixels a place", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [count, side, classes] of [[1, 1, 1], [3, 2, 5], [5, 14, 80]] as const) {
    const logits = unitValues(count * side * side * 4 * classes, 1).map((value) => 8 * value - 4);
    const numbers = Uint32Array.from({ length: count }, (_, at) => (at * 3) % classes);
    const [masks = []] = await gpu.read([
      classMasks(
        gpu.tensor([count, side, side, 2, 2, classes], logits),
        gpu.tensor([count], numbers),
      ),
    ]);
    const expected: number[] = [];
    for (let n = 0; n < count; n++) {
      for (let row = 0; row < 2 * side; row++) {
        for (let column = 0; column < 2 * side; column++) {
          const place = (n * side + (row >> 1)) * side + (column >> 1);
          const pixel = place * 4 + 2 * (row % 2) + column % 2;
          const logit = logits[pixel * classes + (numbers[n] ?? 0)] ?? NaN;
          expected.push(1 / (1 + Math.exp(-logit)));
        }
      }
    }
    assertClose(masks, expected, 1e-6, `${count} × ${side}`);
  }
});

Deno.test("numbers of cells are divided into rows", async () => {
  using gpu = await open();
  const numbers = gpu.tensor([4], Uint32Array.of(0, 6, 7, 20));
  const [rows = []] = await gpu.read([rowsOfNumbers(numbers, 7)]);
  assert.deepEqual([...rows], [0, 0, 1, 2]);
});
