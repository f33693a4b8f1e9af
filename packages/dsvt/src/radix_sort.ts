/** Stable sorting of numbered things by whole keys. */

/** Most bits that one pass looks at: its counts fit the first cache of a core. */
const MOST_PASS_BITS = 12;

/**
 * The order of keys from the smallest to the largest; equal keys keep their order.
 *
 * @param keys The keys.
 * @param end All keys are below this, at most 2³².
 * @returns Numbers of the keys, sorted.
 *
 * @example
 * ```ts
 * import { sortedOrder } from "@vicinity/dsvt";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...sortedOrder(Uint32Array.of(5, 2, 5, 0), 6)], [3, 1, 0, 2]);
 * ```
 */
export function sortedOrder(keys: Uint32Array, end: number): Uint32Array<ArrayBuffer> {
  const count = keys.length;
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(2, end))));
  const passes = Math.ceil(bits / MOST_PASS_BITS);
  const passBits = Math.ceil(bits / passes);
  const mask = 2 ** passBits - 1;
  const places = new Uint32Array(mask + 1);
  let order = Uint32Array.from({ length: count }, (_, index) => index);
  let target = new Uint32Array(count);
  for (let pass = 0; pass < passes; pass++) {
    const shift = pass * passBits;
    places.fill(0);
    for (let i = 0; i < count; i++) {
      const digit = (keys[i] ?? 0) >>> shift & mask;
      places[digit] = (places[digit] ?? 0) + 1;
    }
    let start = 0;
    for (let digit = 0; digit <= mask; digit++) {
      const here = places[digit] ?? 0;
      places[digit] = start;
      start += here;
    }
    for (let i = 0; i < count; i++) {
      const index = order[i] ?? 0;
      const digit = (keys[index] ?? 0) >>> shift & mask;
      const place = places[digit] ?? 0;
      places[digit] = place + 1;
      target[place] = index;
    }
    [order, target] = [target, order];
  }
  return order;
}
