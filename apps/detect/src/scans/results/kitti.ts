import type { ScoredBox3d } from "@vicinity/vision";
import { type Calibration, type PictureBox, pictureBox, transformPoint } from "./calibration.ts";
import { classNameOf, type FoundInScan } from "./found.ts";

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
    const picture = calibration === undefined
      ? [0, 0, 0, 0] as const
      : pictureBox(box, calibration);
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

/** An angle in (-pi, pi]. */
function wrapped(angle: number): number {
  const turns = Math.ceil((angle - Math.PI) / (2 * Math.PI));
  return angle - 2 * Math.PI * turns;
}
