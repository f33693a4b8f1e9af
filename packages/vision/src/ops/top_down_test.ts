import assert from "node:assert/strict";
import { open, ShapeError } from "@vicinity/tensor";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import type { ReferenceMap } from "../reference/roi_align.ts";
import { topDownReference } from "../reference/top_down.ts";
import { topDown } from "./top_down.ts";

/** Extents of the fine and the coarse map, and channels. */
const CASES = [
  [[1, 1], [1, 1], 1],
  [[8, 6], [4, 3], 4],
  [[25, 13], [13, 7], 3],
  [[33, 65], [17, 33], 8],
  [[5, 7], [5, 2], 5],
] as const;

Deno.test("a coarse map is repeated over a fine one, odd extents too", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const [high, low, channels] of CASES) {
    const map = ([rows, columns]: readonly [number, number], seed: number): ReferenceMap => ({
      shape: [rows, columns, channels],
      values: unitValues(rows * columns * channels, seed),
    });
    const [fine, coarse] = [map(high, 1), map(low, 2)];
    const upload = ({ shape, values }: ReferenceMap) =>
      gpu.tensor([1, ...shape], Float32Array.from(values));
    const [y = []] = await gpu.read([topDown(upload(fine), upload(coarse))]);
    assertClose(y, topDownReference(fine, coarse), 1e-7, `[${high}] and [${low}]`);
  }
});

Deno.test("maps of different channels are not added", async () => {
  using gpu = await open();
  const map = (channels: number) => gpu.tensor([1, 1, 1, channels], new Float32Array(channels));
  assert.throws(() => topDown(map(1), map(2)), ShapeError);
});
