/** A clip of clean estimates, one per sampling step. */
export interface EstimateStack {
  /** Row-major `[steps, planes, rows, cols]`; a plane is one channel of one frame. */
  readonly values: ArrayLike<number>;
  /** Sampling steps. */
  readonly steps: number;
  /** Channels times frames. */
  readonly planes: number;
  /** Rows of a plane. */
  readonly rows: number;
  /** Columns of a plane. */
  readonly cols: number;
}

/**
 * Measures how much fine detail appears at each step of a sampling run: the mean change of the
 * high half of the cosine spectrum between consecutive clean estimates.
 *
 * @param stack The estimates of the run.
 * @returns One change per step; the first repeats the second.
 *
 * @example
 * ```ts
 * import { detailChange } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const values = [0, 0, 0, 0, 1, -1, -1, 1];
 * const change = detailChange({ values, steps: 2, planes: 1, rows: 2, cols: 2 });
 * assert.ok(change[1] !== undefined && Math.abs(change[1] - 2 / 3) < 1e-12);
 * ```
 */
export function detailChange(stack: EstimateStack): number[] {
  const { values, steps, planes, rows, cols } = stack;
  const size = planes * rows * cols;
  const byRow = cosineBasis(rows);
  const byCol = cosineBasis(cols);
  const changes: number[] = [];
  for (let step = 1; step < steps; step++) {
    let sum = 0;
    let count = 0;
    for (let plane = 0; plane < planes; plane++) {
      const at = (position: number) => {
        const now = step * size + plane * rows * cols + position;
        return (values[now] ?? 0) - (values[now - size] ?? 0);
      };
      for (let u = 0; u < rows; u++) {
        for (let v = 0; v < cols; v++) {
          if (u / rows + v / cols < 0.5) continue;
          let coefficient = 0;
          for (let y = 0; y < rows; y++) {
            const weight = byRow[u * rows + y] ?? 0;
            for (let x = 0; x < cols; x++) {
              coefficient += weight * (byCol[v * cols + x] ?? 0) * at(y * cols + x);
            }
          }
          sum += Math.abs(coefficient);
          count++;
        }
      }
    }
    changes.push(sum / count);
  }
  return [changes[0] ?? 0, ...changes];
}

/**
 * Draws training times where detail appears: the inverse of the cumulative density that is constant
 * over each step's interval.
 *
 * @param changes Change per step, as from {@link detailChange}.
 * @param uniforms Numbers in [0, 1); small ones give times of high noise.
 * @returns One time in (0, 1] per number.
 *
 * @example
 * ```ts
 * import { sampleDetailTimes } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(sampleDetailTimes([1, 1], [0, 0.5]), [1, 0.5]);
 * ```
 */
export function sampleDetailTimes(
  changes: readonly number[],
  uniforms: ArrayLike<number>,
): number[] {
  const total = changes.reduce((sum, change) => sum + change, 0);
  return Array.from(uniforms, (uniform) => {
    let left = uniform * total;
    let step = 0;
    while (step < changes.length - 1 && left >= (changes[step] ?? 0)) left -= changes[step++] ?? 0;
    return 1 - (step + left / (changes[step] ?? 1)) / changes.length;
  });
}

/** Orthonormal cosine transform of the second kind, row-major `[frequency, position]`. */
function cosineBasis(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, index) => {
    const frequency = Math.floor(index / size);
    const position = index % size;
    const scale = Math.sqrt((frequency === 0 ? 1 : 2) / size);
    return scale * Math.cos(Math.PI * (position + 0.5) * frequency / size);
  });
}
