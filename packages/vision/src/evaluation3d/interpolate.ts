/** Piecewise linear functions, as NumPy's `interp` evaluates them. */

/** A piecewise linear function. */
export interface Polyline {
  /** Places, not falling; of equal ones the last counts at the place itself. */
  readonly x: ArrayLike<number>;
  /** Values there. */
  readonly y: ArrayLike<number>;
  /** Value behind the last place; the last value when absent. */
  readonly beyond?: number;
}

/**
 * Evaluates a piecewise linear function; before its first place it has the first value.
 *
 * @param places Where.
 * @param line The function, of at least one place.
 * @returns A value a place.
 */
export function interpolate(places: readonly number[], line: Polyline): number[] {
  const { x, y } = line;
  const last = x.length - 1;
  const at = (values: ArrayLike<number>, index: number) => values[index] ?? NaN;
  return places.map((place) => {
    if (place > at(x, last)) return line.beyond ?? at(y, last);
    if (place < at(x, 0)) return at(y, 0);
    const left = lastNotAbove(x, place);
    if (left === last) return at(y, last);
    const slope = (at(y, left + 1) - at(y, left)) / (at(x, left + 1) - at(x, left));
    return slope * (place - at(x, left)) + at(y, left);
  });
}

/** Number of the last entry of a list that is not falling which is not above a value. */
function lastNotAbove(x: ArrayLike<number>, value: number): number {
  let [low, high] = [0, x.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? NaN) <= value) low = middle;
    else high = middle;
  }
  return low;
}
