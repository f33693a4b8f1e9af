/** KITTI's label files: a line a thing, in the axes of the rectified camera. */
import type { Box3d } from "../boxes3d/box3d.ts";
import type { ImageBox, KittiTruth } from "./kitti.ts";
import { LabelError } from "./label_error.ts";

/** Where the camera is. */
export interface KittiCamera {
  /** From the scan to the rectified camera, `R0_rect · Tr_velo_to_cam`: 3 rows of 4 numbers. */
  readonly cameraFromScan: readonly number[];
}

/** Numbers of a line behind the name; results of detectors have a score behind them. */
const FIELDS = 14;

/** The camera's axes are merely named otherwise: x right, y down, z forward. */
const PLAIN: KittiCamera = { cameraFromScan: [0, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0] };

/**
 * Reads labels.
 *
 * @param text The file.
 * @param camera Where the camera is; at the scanner, with its axes named otherwise, when absent.
 * @returns Boxes in the axes of the scan, x forward. Regions named `DontCare` have a box without
 *   extent.
 * @throws {LabelError} If a line has not 15 fields, or 16.
 *
 * @example
 * ```ts
 * import { parseKittiLabels } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const [car] = parseKittiLabels("Car 0 1 0.1 10 20 30 40 1.5 1.6 4 2 1.7 20 -1.5707963");
 * assert.deepEqual(car?.box.size, [4, 1.6, 1.5]);
 * assert.equal(car?.box.center[0], 20);
 * ```
 */
export function parseKittiLabels(text: string, camera: KittiCamera = PLAIN): KittiTruth[] {
  const scanFromCamera = inverse(camera.cameraFromScan);
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [name = "", ...rest] = line.trim().split(/\s+/);
    if (name === "") return [];
    const numbers = rest.map(Number);
    if (![FIELDS, FIELDS + 1].includes(numbers.length) || !numbers.every(Number.isFinite)) {
      throw new LabelError(
        `Cannot read labels: line ${index + 1} is "${line}", expected a name and ${FIELDS} ` +
          `numbers. Give a label file of KITTI's object benchmark.`,
      );
    }
    const [truncated = 0, occluded = 0, , x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers;
    const bbox: ImageBox = [x1, y1, x2, y2];
    return [{ name, truncated, occluded, bbox, box: boxOf(numbers, scanFromCamera) }];
  });
}

function boxOf(numbers: readonly number[], scanFromCamera: Inverse): Box3d {
  const [height = 0, width = 0, length = 0, x = 0, y = 0, z = 0, turn = 0] = numbers.slice(7);
  if (length <= 0) return { center: [0, 0, 0], size: [0, 0, 0], heading: 0 };
  // The place is the middle of the lower face.
  const [sx, sy, sz] = scanFromCamera([x, y, z]);
  return {
    center: [sx, sy, sz + height / 2],
    size: [length, width, height],
    heading: -turn - Math.PI / 2,
  };
}

type Point = readonly [x: number, y: number, z: number];
type Inverse = (point: Point) => Point;

/** The way back of 3 rows of 4 numbers. */
function inverse(matrix: readonly number[]): Inverse {
  const row = (index: number): Point => [
    matrix[4 * index] ?? NaN,
    matrix[4 * index + 1] ?? NaN,
    matrix[4 * index + 2] ?? NaN,
  ];
  const [a, b, c] = [row(0), row(1), row(2)];
  const columns = [cross(b, c), cross(c, a), cross(a, b)] as const;
  const determinant = dot(a, columns[0]);
  if (!(Math.abs(determinant) > 0)) {
    throw new LabelError(
      `Cannot read labels: the camera's matrix [${matrix}] has no inverse. ` +
        "Give 3 rows of 4 numbers from the scan to the camera.",
    );
  }
  const offset = (index: number) => matrix[4 * index + 3] ?? 0;
  return (point) => {
    const [x, y, z] = point.map((value, index) => (value - offset(index)) / determinant);
    const along = (axis: 0 | 1 | 2) =>
      columns[0][axis] * (x ?? 0) + columns[1][axis] * (y ?? 0) + columns[2][axis] * (z ?? 0);
    return [along(0), along(1), along(2)];
  };
}

function cross(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
