/** A motion, perhaps with a scale, as 4 x 4 numbers in row-major order; the last row is 0 0 0 1. */
export type Matrix4 = readonly number[];

/** The motion that leaves everything where it is. */
export const IDENTITY4: Matrix4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** A number of a matrix. */
export function at(matrix: Matrix4, row: number, column: number): number {
  return matrix[4 * row + column] ?? 0;
}

/**
 * Reads a motion that a person gave.
 *
 * @param numbers 16 numbers in row-major order.
 * @returns The motion.
 * @throws {RangeError} If there are not 16 finite numbers, the last row is not 0 0 0 1, or the motion
 * cannot be undone.
 */
export function parseMatrix4(numbers: readonly number[]): Matrix4 {
  if (numbers.length !== 16 || !numbers.every(Number.isFinite)) {
    throw new RangeError(
      `Cannot use [${numbers}] as a motion: it needs 16 numbers. Give four rows of four.`,
    );
  }
  if (numbers.slice(12).some((value, column) => value !== (column === 3 ? 1 : 0))) {
    throw new RangeError(
      `Cannot use [${numbers}] as a motion: its last row is [${numbers.slice(12)}], not 0 0 0 1. ` +
        "Give the numbers row by row.",
    );
  }
  inverse4(numbers);
  return numbers;
}

/**
 * One motion after another.
 *
 * @param second What is done last.
 * @param first What is done first.
 * @returns Both as one, in double precision.
 */
export function multiply4(second: Matrix4, first: Matrix4): Matrix4 {
  return Array.from({ length: 16 }, (_, index) => {
    const [row, column] = [index >> 2, index & 3];
    return at(second, row, 0) * at(first, 0, column) + at(second, row, 1) * at(first, 1, column) +
      at(second, row, 2) * at(first, 2, column) + at(second, row, 3) * at(first, 3, column);
  });
}

/**
 * The motion that undoes another.
 *
 * @param matrix A motion.
 * @returns Its inverse, in double precision.
 * @throws {RangeError} If it flattens space, so that nothing undoes it.
 */
export function inverse4(matrix: Matrix4): Matrix4 {
  const cofactor = (row: number, column: number): number => {
    const [r, s] = [(row + 1) % 3, (row + 2) % 3];
    const [c, d] = [(column + 1) % 3, (column + 2) % 3];
    return at(matrix, r, c) * at(matrix, s, d) - at(matrix, r, d) * at(matrix, s, c);
  };
  const determinant = at(matrix, 0, 0) * cofactor(0, 0) + at(matrix, 0, 1) * cofactor(0, 1) +
    at(matrix, 0, 2) * cofactor(0, 2);
  if (determinant === 0 || !Number.isFinite(determinant)) {
    throw new RangeError(
      `Cannot undo the motion [${matrix}]: its determinant is ${determinant}. Give a rotation and a shift.`,
    );
  }
  const turned = [0, 1, 2].map((row) =>
    [0, 1, 2].map((column) => cofactor(column, row) / determinant)
  );
  const rows = turned.map(([a = 0, b = 0, c = 0]) => [
    a,
    b,
    c,
    -(a * at(matrix, 0, 3) + b * at(matrix, 1, 3) + c * at(matrix, 2, 3)),
  ]);
  return [...rows.flat(), 0, 0, 0, 1];
}

/** Where something is and how it is turned, as nuScenes stores it. */
export interface Pose {
  /** Position, in metres. */
  readonly translation: readonly number[];
  /** Rotation as a quaternion w, x, y, z; of any length but 0. */
  readonly rotation: readonly number[];
}

/**
 * The motion from a thing's own coordinates to those that its pose is given in.
 *
 * @param pose The pose.
 * @returns The motion.
 */
export function matrixOfPose({ translation, rotation }: Pose): Matrix4 {
  const length = Math.hypot(...rotation);
  const [w = 1, x = 0, y = 0, z = 0] = rotation.map((part) => part / length);
  const [tx = 0, ty = 0, tz = 0] = translation;
  return [
    ...[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y), tx],
    ...[2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x), ty],
    ...[2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y), tz],
    ...[0, 0, 0, 1],
  ];
}
