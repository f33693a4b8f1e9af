/** Bringing a stored position embedding to the number of patches that a tile has. */
import { resampleTable } from "@vicinity/tensor";

/**
 * Resamples the square part of a position embedding as timm does: bicubic with anti-aliasing; the rows
 * before it stay as they are.
 *
 * @param values `[prefix + from², dim]`.
 * @param prefix Rows that belong to no patch.
 * @param from Positions along each side.
 * @param to Patches along each side.
 * @returns `[prefix + to², dim]`.
 */
export function resamplePositions(
  values: Float32Array,
  prefix: number,
  from: number,
  to: number,
): Float32Array<ArrayBuffer> {
  const dim = values.length / (prefix + from * from);
  const { first, taps, weights } = resampleTable(from, to, { filter: "bicubic" });
  const across = new Float64Array(from * to * dim);
  for (let place = 0; place < from * to; place++) {
    const [row, col] = [Math.floor(place / to), place % to];
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[col * taps + tap] ?? 0;
      if (weight === 0) continue;
      const source = (prefix + row * from + (first[col] ?? 0) + tap) * dim;
      for (let c = 0; c < dim; c++) {
        across[place * dim + c] = (across[place * dim + c] ?? 0) +
          weight * (values[source + c] ?? 0);
      }
    }
  }
  const sums = new Float64Array(to * to * dim);
  for (let row = 0; row < to; row++) {
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[row * taps + tap] ?? 0;
      if (weight === 0) continue;
      const source = ((first[row] ?? 0) + tap) * to * dim;
      for (let i = 0; i < to * dim; i++) {
        const at = row * to * dim + i;
        sums[at] = (sums[at] ?? 0) + weight * (across[source + i] ?? 0);
      }
    }
  }
  const result = new Float32Array((prefix + to * to) * dim);
  result.set(values.subarray(0, prefix * dim));
  result.set(sums, prefix * dim);
  return result;
}
