/** Norms in float64. */

/** What the reference norm is made from. */
export interface NormReferenceInput {
  /** Rows one after the other. */
  readonly x: ArrayLike<number>;
  /** Elements of a row. */
  readonly columns: number;
  /** Subtract the mean first (layer norm). */
  readonly centre: boolean;
  /** From a row's elements, after the mean is taken off, to what they are multiplied by. */
  readonly factor: (row: readonly number[]) => number;
  /** From a normalised element and its column to the result. */
  readonly finish: (value: number, column: number) => number;
}

/**
 * A norm over rows.
 *
 * @param input Rows and the three steps of the norm.
 * @returns Normalised rows.
 */
export function normReference(input: NormReferenceInput): Float64Array {
  const { x, columns, centre, factor, finish } = input;
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += columns) {
    const row = Array.from({ length: columns }, (_, column) => x[start + column] ?? 0);
    const mean = centre ? row.reduce((sum, value) => sum + value, 0) / columns : 0;
    const centred = row.map((value) => value - mean);
    const scale = factor(centred);
    centred.forEach((value, column) => y[start + column] = finish(value * scale, column));
  }
  return y;
}

/**
 * Mean of squares.
 *
 * @param row Values.
 * @returns Their mean square.
 */
export function meanSquare(row: readonly number[]): number {
  return row.reduce((sum, value) => sum + value * value, 0) / row.length;
}

/** What the reference group norm is made from. */
export interface GroupNormReferenceInput {
  /** `[pictures, positions, channels]`. */
  readonly x: ArrayLike<number>;
  /** Extents of `x`. */
  readonly shape: readonly [pictures: number, positions: number, channels: number];
  /** Number of groups. */
  readonly groups: number;
  /** Added to the variance. */
  readonly eps: number;
  /** From a normalised element and its channel to the result. */
  readonly finish: (value: number, channel: number) => number;
}

/**
 * Group norm.
 *
 * @param input Values, groups, and what follows.
 * @returns Normalised values.
 */
export function groupNormReference(input: GroupNormReferenceInput): Float64Array {
  const { x, shape: [pictures, positions, channels], groups, eps, finish } = input;
  const width = channels / groups;
  const y = new Float64Array(x.length);
  for (let picture = 0; picture < pictures; picture++) {
    for (let group = 0; group < groups; group++) {
      const at = Array.from(
        { length: positions * width },
        (_, i) =>
          (picture * positions + Math.floor(i / width)) * channels + group * width + i % width,
      );
      const mean = at.reduce((sum, index) => sum + (x[index] ?? 0), 0) / at.length;
      const deviation = Math.sqrt(meanSquare(at.map((index) => (x[index] ?? 0) - mean)) + eps);
      for (const index of at) {
        y[index] = finish(((x[index] ?? 0) - mean) / deviation, index % channels);
      }
    }
  }
  return y;
}
