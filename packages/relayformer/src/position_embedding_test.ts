import assert from "node:assert/strict";
import { resamplePositions } from "./position_embedding.ts";

/** PyTorch's bicubic with anti-aliasing, as its source has it. */
function weightsOf(from: number, to: number, output: number): Map<number, number> {
  const scale = from / to;
  const [support, centre] = [2 * Math.max(scale, 1), scale * (output + 0.5)];
  const low = Math.max(Math.trunc(centre - support + 0.5), 0);
  const high = Math.min(Math.trunc(centre + support + 0.5), from);
  const cubic = (x: number) => {
    const [a, t] = [-0.5, Math.abs(x)];
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? a * (t ** 3 - 5 * t * t + 8 * t - 4) : 0;
  };
  const weights = new Map<number, number>();
  for (let j = low; j < high; j++) {
    weights.set(j, cubic((j - centre + 0.5) / Math.max(scale, 1)));
  }
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  return new Map([...weights].map(([j, weight]) => [j, weight / sum]));
}

Deno.test("positions are resampled as PyTorch does, up, down and not at all", () => {
  for (const [from, to, prefix] of [[3, 5, 2], [14, 9, 3], [7, 7, 1]] as const) {
    const dim = 2;
    const values = Float32Array.from(
      { length: (prefix + from * from) * dim },
      (_, at) => Math.sin(3 * at),
    );
    const actual = resamplePositions(values, prefix, from, to);
    assert.equal(actual.length, (prefix + to * to) * dim);
    assert.deepEqual(actual.subarray(0, prefix * dim), values.subarray(0, prefix * dim));
    for (let place = 0; place < to * to; place++) {
      const rows = weightsOf(from, to, Math.floor(place / to));
      const cols = weightsOf(from, to, place % to);
      for (let c = 0; c < dim; c++) {
        let expected = 0;
        for (const [i, a] of rows) {
          for (const [j, b] of cols) {
            expected += a * b * (values[(prefix + i * from + j) * dim + c] ?? NaN);
          }
        }
        const error = Math.abs((actual[(prefix + place) * dim + c] ?? NaN) - expected);
        assert.ok(error < 1e-6, `${from} to ${to}, place ${place}: ${error}`);
      }
    }
  }
});
