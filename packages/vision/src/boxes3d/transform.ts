import type { Box3d } from "./box3d.ts";
import { at, type Matrix4 } from "./matrix4.ts";

type Triple = readonly [x: number, y: number, z: number];

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
