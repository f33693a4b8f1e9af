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

/** How many times the usual error a test fails at. */
const SUSPICIOUS = 4;

/** Errors below this part of a tolerance are not told apart: at a few roundings chance decides. */
const LEAST_SHARE = 0.01;

/** Is told the largest error of a comparison and gives the usual one, where that is known. */
export type ErrorWatch = (name: string, error: number) => number | undefined;

let usualError: ErrorWatch = () => undefined;

/**
 * Has every comparison from now on measured against its usual error as well.
 *
 * @param watch Knows the usual errors.
 */
export function watchErrors(watch: ErrorWatch): void {
  usualError = watch;
}

/**
 * Throws if an error is more than four times the usual one, however far below the tolerance it is.
 *
 * @param name What was compared.
 * @param error Its largest error.
 * @param least Errors up to this are all the same.
 */
export function assertUsual(name: string, error: number, least: number): void {
  const usual = usualError(name, error);
  if (usual === undefined || error <= SUSPICIOUS * Math.max(usual, least)) return;
  throw new Error(`${name}: the largest error is ${error}, usually ${usual}`);
}

/**
 * Throws unless |actual - expected| <= atol + rtol * |expected| everywhere, and where the usual error is
 * known, if it is more than four times as large. Errors are measured in parts of what is allowed.
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
  let [worst, at] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i] ?? NaN, expected[i] ?? NaN];
    const error = Math.abs(a - b);
    const share = error === 0 ? 0 : error / (atol + rtol * Math.abs(b));
    if (share <= worst) continue;
    [worst, at] = [Number.isNaN(share) ? Infinity : share, i];
  }
  if (worst > 1) {
    const error = Math.abs((actual[at] ?? NaN) - (expected[at] ?? NaN));
    throw new Error(
      `${name}: value ${at} is ${actual[at]}, expected ${expected[at]}; off by ${error}, ` +
        `${worst} times what is allowed`,
    );
  }
  assertUsual(name, worst, LEAST_SHARE);
}

/** The tolerance of sums over `depth` products. */
export function sumTolerance(depth: number): Tolerance {
  return { atol: 1e-6 * Math.sqrt(depth), rtol: 1e-5 };
}
