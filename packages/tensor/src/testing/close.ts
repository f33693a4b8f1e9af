/** Comparing results with float64 references. */

/** Deterministic values in [-1, 1), the same for the same seed. */
export function testValues(count: number, seed: number): Float32Array {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 31 - 1;
  });
}

/**
 * Throws unless |actual - expected| <= atol + rtol * |expected| everywhere.
 *
 * @param actual Values to try.
 * @param expected Reference.
 * @param tolerance Absolute and relative parts.
 * @param name What is compared, for the message.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: { readonly atol: number; readonly rtol: number },
  name: string,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${name}: ${actual.length} values against ${expected.length}`);
  }
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] ?? NaN;
    const b = expected[i] ?? NaN;
    if (!(Math.abs(a - b) <= tolerance.atol + tolerance.rtol * Math.abs(b))) {
      throw new Error(`${name}: value ${i} is ${a}, expected ${b}`);
    }
  }
}

/** The tolerance of sums over `depth` products. */
export function sumTolerance(depth: number): { readonly atol: number; readonly rtol: number } {
  return { atol: 1e-6 * Math.sqrt(depth), rtol: 1e-5 };
}
