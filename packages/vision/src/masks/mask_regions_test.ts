import assert from "node:assert/strict";
import { unitValues } from "@vicinity/tensor/testing";
import { type MaskRegion, maskRegions } from "./mask_regions.ts";

/** The same by flooding from each pixel. */
function flooded(values: ArrayLike<number>, width: number, threshold: number): MaskRegion[] {
  const height = values.length / width;
  const left = new Set(
    Array.from({ length: values.length }, (_, at) => at)
      .filter((at) => (values[at] ?? 0) > threshold),
  );
  const regions: MaskRegion[] = [];
  for (const seed of [...left]) {
    if (!left.delete(seed)) continue;
    const members = [seed];
    for (const at of members) {
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const [nx, ny] = [x + dx, y + dy];
          const inside = nx >= 0 && nx < width && ny >= 0 && ny < height;
          if (inside && left.delete(ny * width + nx)) members.push(ny * width + nx);
        }
      }
    }
    const [xs, ys] = [members.map((at) => at % width), members.map((at) => Math.floor(at / width))];
    const inner = members.map((at) => values[at] ?? 0);
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    regions.push({
      box: [x, y, Math.max(...xs) - x + 1, Math.max(...ys) - y + 1],
      pixels: members.length,
      mean: inner.reduce((sum, value) => sum + value, 0) / members.length,
      peak: Math.max(...inner),
    });
  }
  return regions;
}

const sorted = (regions: readonly MaskRegion[]) =>
  regions.map(({ mean, ...rest }) => ({ ...rest, mean: mean.toFixed(6) }))
    .map((region) => JSON.stringify(region, Object.keys(region).sort())).sort();

Deno.test("regions are those of a flood fill, at every density", () => {
  for (const [seed, density] of [[1, 0.1], [2, 0.3], [3, 0.45], [4, 0.6], [5, 0.9]] as const) {
    for (const [width, height] of [[17, 23], [1, 40], [40, 1], [64, 9]] as const) {
      const values = unitValues(width * height, seed);
      const found = maskRegions(values, width, 1 - density);
      assert.deepEqual(sorted(found), sorted(flooded(values, width, 1 - density)));
      const sizes = found.map(({ pixels }) => pixels);
      assert.deepEqual(sizes, sizes.toSorted((a, b) => b - a));
    }
  }
});

Deno.test("arms that meet late, and rings, are one region", () => {
  const picture = ["#.#.#", "#.#.#", "#####", "....."].join("");
  const [ring = ""] = ["#####.#...#.##.##..###.."];
  const values = (text: string) => [...text].map((mark) => mark === "#" ? 1 : 0);
  assert.deepEqual(maskRegions(values(picture), 5, 0.5).map(({ pixels }) => pixels), [11]);
  assert.equal(maskRegions(values(ring), 6, 0.5).length, flooded(values(ring), 6, 0.5).length);
});

Deno.test("a plane without anything above the threshold has no regions", () => {
  assert.deepEqual(maskRegions([0.5, 0.5], 2, 0.5), []);
});
