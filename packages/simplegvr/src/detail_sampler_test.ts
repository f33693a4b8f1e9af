import assert from "node:assert/strict";
import { detailChange, sampleDetailTimes } from "./detail_sampler.ts";

/** Two estimates of one 4 × 4 plane; the first is flat. */
function change(second: (row: number, col: number) => number): number {
  const values = new Float64Array(32);
  for (let at = 0; at < 16; at++) values[16 + at] = second(Math.floor(at / 4), at % 4);
  return detailChange({ values, steps: 2, planes: 1, rows: 4, cols: 4 })[1] ?? NaN;
}

Deno.test("brightness is no detail, a checkerboard is", () => {
  assert.ok(change(() => 3) < 1e-12);
  assert.ok(change((row, col) => (row + col) % 2) > 0.1);
});

Deno.test("detail is counted per coefficient, whatever the number of planes", () => {
  const one = Array.from({ length: 16 }, (_, at) => at % 3);
  const flat = new Array<number>(16).fill(0);
  const single = detailChange({ values: [...flat, ...one], steps: 2, planes: 1, rows: 4, cols: 4 });
  const double = detailChange({
    values: [...flat, ...flat, ...one, ...one],
    steps: 2,
    planes: 2,
    rows: 4,
    cols: 4,
  });
  assert.ok(Math.abs((single[1] ?? 0) - (double[1] ?? 1)) < 1e-12);
});

Deno.test("the first step has the change of the second", () => {
  const values = Float64Array.from({ length: 3 * 16 }, (_, at) => Math.sin(at * at));
  const [first, second, third] = detailChange({ values, steps: 3, planes: 1, rows: 4, cols: 4 });
  assert.equal(first, second);
  assert.notEqual(second, third);
});

Deno.test("times fall from 1 as the numbers rise, all inside their interval", () => {
  const uniforms = Array.from({ length: 101 }, (_, i) => i / 101);
  const times = sampleDetailTimes([3, 1, 2, 0.5], uniforms);
  assert.equal(times[0], 1);
  assert.ok(times.every((time) => time > 0 && time <= 1));
  assert.ok(times.every((time, i) => i === 0 || time < (times[i - 1] ?? 0)));
});

Deno.test("each step gets its share of the times", () => {
  const changes = [6, 3, 1];
  const times = sampleDetailTimes(
    changes,
    Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000),
  );
  changes.forEach((share, step) => {
    const [high, low] = [1 - step / 3, 1 - (step + 1) / 3];
    const count = times.filter((time) => time > low && time <= high).length;
    assert.ok(Math.abs(count - 100 * share) <= 1);
  });
});

Deno.test("steps without any change get no times", () => {
  assert.deepEqual(sampleDetailTimes([0, 1], [0]), [0.5]);
});
