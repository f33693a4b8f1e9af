/** Keys and values of factorized vicinities in float64, from the definition. */
import { type Factorized, windowToken } from "./factorized.ts";

/** What the reference is made from, for one group; heads are not padded. */
export interface FusedKeysInput {
  /** `[batch, tokens, heads · width]`. */
  readonly x: ArrayLike<number>;
  /** Pictures. */
  readonly batch: number;
  /** Heads. */
  readonly heads: number;
  /** Channels of a head. */
  readonly width: number;
  /** The windows. */
  readonly vicinity: Factorized;
  /** `[width, 2 · width]`. */
  readonly weight: ArrayLike<number>;
  /** `[2 · width]`. */
  readonly bias: ArrayLike<number>;
  /** `[9, heads · width]`. */
  readonly filters: ArrayLike<number>;
  /** `[heads · width]`. */
  readonly filterBias: ArrayLike<number>;
}

/**
 * Fuses windows.
 *
 * @param input Tokens and weights.
 * @returns Keys and values, `[batch, heads, places, width]` each.
 */
export function fusedKeysReference(
  input: FusedKeysInput,
): { readonly keys: Float64Array; readonly values: Float64Array } {
  const { batch, heads, width, vicinity, weight, bias } = input;
  const places = vicinity.size ** 2;
  const keys = new Float64Array(batch * heads * places * width);
  const plain = new Float64Array(keys.length);
  for (let pair = 0; pair < batch * heads; pair++) {
    for (let place = 0; place < places; place++) {
      const pooled = pooledKey(input, pair, place);
      for (let out = 0; out < 2 * width; out++) {
        const sum = pooled.reduce(
          (total, value, j) => total + value * (weight[j * 2 * width + out] ?? 0),
          bias[out] ?? 0,
        );
        (out < width ? keys : plain)[(pair * places + place) * width + out % width] = sum;
      }
    }
  }
  return { keys, values: convolved(input, plain) };
}

/** Means of as many consecutive entries as there are windows. */
function pooledKey(
  { x, heads, width, vicinity }: FusedKeysInput,
  pair: number,
  place: number,
): number[] {
  const { grid: [rows, cols], windows: [down, across] } = vicinity;
  const [picture, head] = [Math.floor(pair / heads), pair % heads];
  const line: number[] = [];
  for (let window = 0; window < down * across; window++) {
    const token = picture * rows * cols + windowToken(vicinity, window, place);
    for (let c = 0; c < width; c++) line.push(x[(token * heads + head) * width + c] ?? 0);
  }
  const count = down * across;
  return Array.from(
    { length: width },
    (_, j) => line.slice(j * count, (j + 1) * count).reduce((sum, value) => sum + value, 0) / count,
  );
}

function convolved(
  { heads, width, vicinity: { size }, filters, filterBias }: FusedKeysInput,
  x: Float64Array,
): Float64Array {
  return x.map((own, index) => {
    const [c, place] = [index % width, Math.floor(index / width) % size ** 2];
    const pair = Math.floor(index / width / size ** 2);
    const channel = pair % heads * width + c;
    let sum = own + (filterBias[channel] ?? 0);
    for (let tap = 0; tap < 9; tap++) {
      const row = Math.floor(place / size) + Math.floor(tap / 3) - 1;
      const col = place % size + tap % 3 - 1;
      if (row < 0 || col < 0 || row >= size || col >= size) continue;
      const value = x[(pair * size ** 2 + row * size + col) * width + c] ?? 0;
      sum += value * (filters[tap * heads * width + channel] ?? 0);
    }
    return sum;
  });
}
