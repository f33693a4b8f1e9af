/**
 * Values for tests, and comparing results with float64 references.
 *
 * @module
 */

/** How far a value may be off: an absolute part, and one relative to what is expected. */
export interface Tolerance {
  /** Absolute part. */
  readonly atol: number;
  /** Relative part. */
  readonly rtol: number;
}

/** Pseudo-random values in [-1, 1), the same for the same seed. */
export function testValues(count: number, seed: number): Float32Array<ArrayBuffer> {
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

/** Pseudo-random values in (0, 1), the same for the same seed. */
export function unitValues(count: number, seed: number): Float32Array<ArrayBuffer> {
  const next = units(seed);
  return Float32Array.from({ length: count }, next);
}

/** Pseudo-random values, roughly normal with a variance of 1/2, the same for the same seed. */
export function normalValues(count: number, seed: number): Float32Array<ArrayBuffer> {
  const next = units(seed);
  return Float32Array.from(
    { length: count },
    () => next() + next() + next() + next() + next() + next() - 3,
  );
}

function units(seed: number): () => number {
  let state = seed * 7919 + 1;
  return () => (state = state * 48271 % 2147483647) / 2147483647;
}

/**
 * Throws unless |actual - expected| <= atol + rtol * |expected| everywhere.
 *
 * @param actual Values to try.
 * @param expected Reference.
 * @param tolerance Absolute and relative parts, or one number for both.
 * @param name What is compared, for the message.
 */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number | Tolerance,
  name: string,
): void {
  const { atol, rtol } = typeof tolerance === "number"
    ? { atol: tolerance, rtol: tolerance }
    : tolerance;
  if (actual.length !== expected.length) {
    throw new Error(`${name}: ${actual.length} values against ${expected.length}`);
  }
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i] ?? NaN;
    const b = expected[i] ?? NaN;
    if (!(Math.abs(a - b) <= atol + rtol * Math.abs(b))) {
      throw new Error(`${name}: value ${i} is ${a}, expected ${b}`);
    }
  }
}

/** The tolerance of sums over `depth` products. */
export function sumTolerance(depth: number): Tolerance {
  return { atol: 1e-6 * Math.sqrt(depth), rtol: 1e-5 };
}
