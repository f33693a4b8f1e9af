import type { Box3d } from "@vicinity/vision";
import type { LidarScan } from "./lidar_scan.ts";

/** A motion, perhaps with a scale, as 4 x 4 numbers in row-major order; the last row is 0 0 0 1. */
export type Matrix4 = readonly number[];

/** The motion that leaves everything where it is. */
export const IDENTITY: Matrix4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** A position or a vector. */
export type Triple = readonly [x: number, y: number, z: number];

function at(matrix: Matrix4, row: number, column: number): number {
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
  inverse(numbers);
  return numbers;
}

/**
 * One motion after another.
 *
 * @param second What is done last.
 * @param first What is done first.
 * @returns Both as one, in double precision.
 */
export function multiply(second: Matrix4, first: Matrix4): Matrix4 {
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
export function inverse(matrix: Matrix4): Matrix4 {
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

/**
 * Moves positions in double precision and rounds once.
 *
 * @param positions x, y, z of each point.
 * @param matrix The motion.
 * @returns New positions.
 */
export function transformPositions(
  positions: Float32Array,
  matrix: Matrix4,
): Float32Array<ArrayBuffer> {
  const moved = new Float32Array(positions.length);
  const [a = 0, b = 0, c = 0, tx = 0, d = 0, e = 0, f = 0, ty = 0, g = 0, h = 0, i = 0, tz = 0] =
    matrix;
  for (let point = 0; point + 2 < positions.length; point += 3) {
    const x = positions[point] ?? 0;
    const y = positions[point + 1] ?? 0;
    const z = positions[point + 2] ?? 0;
    moved[point] = a * x + b * y + c * z + tx;
    moved[point + 1] = d * x + e * y + f * z + ty;
    moved[point + 2] = g * x + h * y + i * z + tz;
  }
  return moved;
}

/**
 * Moves a scan.
 *
 * @param scan The scan; it stays as it is.
 * @param matrix The motion.
 * @returns The scan with new positions and the same features.
 */
export function transformScan<Scan extends LidarScan>(scan: Scan, matrix: Matrix4): Scan {
  return { ...scan, positions: transformPositions(scan.positions, matrix) };
}

function turn(matrix: Matrix4, [x, y, z]: Triple): Triple {
  const row = (index: number) =>
    at(matrix, index, 0) * x + at(matrix, index, 1) * y + at(matrix, index, 2) * z;
  return [row(0), row(1), row(2)];
}

/**
 * Moves a box with its heading and velocity; a tilt of the motion is left out, since boxes stand
 * upright.
 *
 * @param box The box; it stays as it is.
 * @param matrix The motion; a scale in it scales the box.
 * @returns The box in its new place, its heading within ±π.
 */
export function transformBox<Box extends Box3d>(box: Box, matrix: Matrix4): Box {
  const { center, heading, size, velocity } = box;
  const [x, y, z] = turn(matrix, center);
  const [ahead, left] = turn(matrix, [Math.cos(heading), Math.sin(heading), 0]);
  const scale = Math.hypot(...turn(matrix, [0, 0, 1]));
  const moved = {
    ...box,
    center: [x + at(matrix, 0, 3), y + at(matrix, 1, 3), z + at(matrix, 2, 3)] as const,
    size: [size[0] * scale, size[1] * scale, size[2] * scale] as const,
    heading: Math.atan2(left, ahead),
  };
  if (velocity === undefined) return moved;
  const [vx, vy] = turn(matrix, [...velocity, 0]);
  return { ...moved, velocity: [vx, vy] as const };
}
