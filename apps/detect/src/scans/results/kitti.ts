import { type Box3d, corners3d, type ScoredBox3d } from "@vicinity/vision";
import { type Calibration, transformPoint } from "./calibration.ts";
import { classNameOf, type FoundInScan } from "./found.ts";

/** Columns and rows of KITTI's pictures; its calibration files do not tell them. */
const PICTURE = [1242, 375] as const;
/** Corners nearer to the camera than this many metres are not projected. */
const NEAREST = 0.1;

/** What KITTI calls the classes of other data sets. */
const KITTI_NAMES: Readonly<Record<string, string>> = {
  vehicle: "Car",
  car: "Car",
  truck: "Truck",
  van: "Van",
  pedestrian: "Pedestrian",
  cyclist: "Cyclist",
  bicycle: "Cyclist",
};

/** Left, top, right, bottom in pixels. */
type PictureBox = readonly [left: number, top: number, right: number, bottom: number];

/**
 * Boxes in the form of KITTI's results: 16 fields a line. With a calibration the boxes that the camera
 * sees, in its axes; without one all boxes, with the axes merely renamed and no rectangle in a picture.
 *
 * @param found The boxes.
 * @param calibration The camera.
 * @returns The file.
 */
export function kittiLines(found: FoundInScan, calibration?: Calibration): string {
  return found.boxes.flatMap((box) => {
    const picture = calibration === undefined ? [0, 0, 0, 0] as const : project(box, calibration);
    return picture === undefined ? [] : [`${kittiLine(found, box, { picture, calibration })}\n`];
  }).join("");
}

function kittiLine(
  found: FoundInScan,
  box: ScoredBox3d,
  { picture, calibration }: {
    readonly picture: PictureBox;
    readonly calibration: Calibration | undefined;
  },
): string {
  const { center: [x, y, z], size: [length, width, height], heading, score } = box;
  const bottom = z - height / 2;
  const place = calibration === undefined
    ? [-y, -bottom, x]
    : transformPoint(calibration.cameraFromScan, [x, y, bottom]);
  const turn = wrapped(-heading - Math.PI / 2);
  const alpha = wrapped(turn - Math.atan2(-y, x));
  const name = classNameOf(found, box);
  const type = KITTI_NAMES[name.toLowerCase()] ?? name.replaceAll(/\s+/g, "_");
  const numbers = [alpha, ...picture, height, width, length, ...place, turn, score];
  return `${type} -1 -1 ${numbers.map((value) => value.toFixed(4)).join(" ")}`;
}

/** The rectangle around a box in the picture; undefined where the camera does not see it. */
function project(box: Box3d, calibration: Calibration): PictureBox | undefined {
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

/** An angle in (-pi, pi]. */
function wrapped(angle: number): number {
  const turns = Math.ceil((angle - Math.PI) / (2 * Math.PI));
  return angle - 2 * Math.PI * turns;
}
