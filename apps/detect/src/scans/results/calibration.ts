import { CliError } from "@vicinity/cli";
import { type Box3d, corners3d } from "@vicinity/vision";

/** How a point of a scan comes into a camera's picture, as KITTI's files say it. */
export interface Calibration {
  /** From the scan to the rectified camera: 3 rows of 4 numbers. */
  readonly cameraFromScan: readonly number[];
  /** From the rectified camera to the picture: 3 rows of 4 numbers. */
  readonly pictureFromCamera: readonly number[];
}

/** Left, top, right, bottom in pixels. */
export type PictureBox = readonly [left: number, top: number, right: number, bottom: number];

/** Columns and rows of KITTI's pictures; its calibration files do not tell them. */
const PICTURE = [1242, 375] as const;
/** Corners nearer to the camera than this many metres are not projected. */
const NEAREST = 0.1;

/** Names of the matrices in files for objects and for tracking. */
const NAMES = {
  projection: ["P2", "P_rect_02"],
  rectification: ["R0_rect", "R_rect", "R_rect_00"],
  mounting: ["Tr_velo_to_cam", "Tr_velo_cam"],
} as const;

/**
 * Reads one of KITTI's calibration files: lines of a name, a colon and numbers.
 *
 * @param text The file.
 * @param file Its name, for messages.
 * @returns What brings points into the picture of the left colour camera.
 * @throws {CliError} `CALIBRATION` when a matrix is missing or has the wrong length.
 */
export function parseCalibration(text: string, file: string): Calibration {
  const matrices = new Map<string, readonly number[]>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(\w+)\s*:?\s+(.*)$/.exec(line);
    const numbers = (match?.[2] ?? "").trim().split(/\s+/).map(Number);
    if (match?.[1] !== undefined) matrices.set(match[1], numbers);
  }
  const find = (names: readonly string[], length: number): readonly number[] => {
    const name = names.find((it) => matrices.has(it));
    const numbers = matrices.get(name ?? "") ?? [];
    if (numbers.length === length && numbers.every(Number.isFinite)) return numbers;
    const reason = name === undefined
      ? `it has no ${names[0]}`
      : `${name} does not have ${length} numbers`;
    throw new CliError("CALIBRATION", `the calibration cannot be read: ${reason}`, {
      file,
      hint: "give a calibration file of KITTI, with P2, R0_rect and Tr_velo_to_cam",
    });
  };
  const rectification = find(NAMES.rectification, 9);
  const mounting = find(NAMES.mounting, 12);
  return {
    cameraFromScan: [0, 1, 2].flatMap((row) =>
      [0, 1, 2, 3].map((column) =>
        [0, 1, 2].reduce(
          (sum, inner) =>
            sum + (rectification[row * 3 + inner] ?? 0) * (mounting[inner * 4 + column] ?? 0),
          0,
        )
      )
    ),
    pictureFromCamera: find(NAMES.projection, 12),
  };
}

/**
 * Applies 3 rows of 4 numbers to a point.
 *
 * @param matrix Row by row.
 * @param point x, y, z.
 * @returns x, y, z.
 */
export function transformPoint(
  matrix: readonly number[],
  [x, y, z]: readonly [x: number, y: number, z: number],
): [x: number, y: number, z: number] {
  const row = (start: number) =>
    (matrix[start] ?? 0) * x + (matrix[start + 1] ?? 0) * y + (matrix[start + 2] ?? 0) * z +
    (matrix[start + 3] ?? 0);
  return [row(0), row(4), row(8)];
}

/**
 * The rectangle around a box in the camera's picture.
 *
 * @param box A box of the scan.
 * @param calibration The camera.
 * @returns The rectangle; undefined where the camera does not see the box.
 */
export function pictureBox(box: Box3d, calibration: Calibration): PictureBox | undefined {
  const seen = corners3d(box)
    .map((corner) => transformPoint(calibration.cameraFromScan, corner))
    .filter(([, , depth]) => depth > NEAREST)
    .map((corner) => transformPoint(calibration.pictureFromCamera, corner));
  if (seen.length === 0) return undefined;
  const within = (value: number, extent: number) => Math.max(0, Math.min(extent - 1, value));
  const xs = seen.map(([x, , depth]) => within(x / depth, PICTURE[0]));
  const ys = seen.map(([, y, depth]) => within(y / depth, PICTURE[1]));
  const rectangle = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
  const [left, top, right, bottom] = rectangle;
  return right > left && bottom > top ? rectangle : undefined;
}
