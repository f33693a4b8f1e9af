/** Stable sorting of numbered things by whole keys. */

/** Most bits that one pass looks at: its counts fit the first cache of a core. */
const MOST_PASS_BITS = 12;

/**
 * The order of keys from the smallest to the largest; equal keys keep their order.
 *
 * @param keys The keys.
 * @param end All keys are below this, at most 2³².
 * @param chosen Numbers of the keys that are wanted, in ascending order; all if absent. It is
 * overwritten.
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
export function sortedOrder(
  keys: Uint32Array,
  end: number,
  chosen: Uint32Array<ArrayBuffer> = numbersBelow(keys.length),
): Uint32Array<ArrayBuffer> {
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(2, end))));
  const passes = Math.ceil(bits / MOST_PASS_BITS);
  const passBits = Math.ceil(bits / passes);
  const places = new Uint32Array(2 ** passBits);
  let order = chosen;
  let target = new Uint32Array(chosen.length);
  for (let pass = 0; pass < passes; pass++) {
    sortByDigit(keys, pass * passBits, { places, order, target });
    [order, target] = [target, order];
  }
  return order;
}

function numbersBelow(count: number): Uint32Array<ArrayBuffer> {
  const numbers = new Uint32Array(count);
  for (let number = 0; number < count; number++) numbers[number] = number;
  return numbers;
}

interface Pass {
  /** A counter for each digit. */
  readonly places: Uint32Array;
  readonly order: Uint32Array;
  readonly target: Uint32Array;
}

function sortByDigit(keys: Uint32Array, shift: number, { places, order, target }: Pass): void {
  const [count, digits] = [order.length, places.length];
  const mask = digits - 1;
  places.fill(0);
  for (let at = 0; at < count; at++) {
    const digit = (keys[order[at] ?? 0] ?? 0) >>> shift & mask;
    places[digit] = (places[digit] ?? 0) + 1;
  }
  let start = 0;
  for (let digit = 0; digit < digits; digit++) {
    const here = places[digit] ?? 0;
    places[digit] = start;
    start += here;
  }
  for (let at = 0; at < count; at++) {
    const number = order[at] ?? 0;
    const digit = (keys[number] ?? 0) >>> shift & mask;
    const place = places[digit] ?? 0;
    places[digit] = place + 1;
    target[place] = number;
  }
}
