import type { Matrix4 } from "@vicinity/vision";
import type { IntensityScale } from "./intensity.ts";

/** Data set or sensor whose axes, heights and units points have; see {@linkcode SCAN_FRAMES}. */
export type LidarFrame = "kitti" | "nuscenes" | "waymo" | "pandaset" | "ouster";

/** How a kind of sensor or data set lays out space; right-handed, z up, metres. */
export interface ScanFrame {
  /** What it is, in a few words. */
  readonly description: string;
  /** Which way the vehicle drives: quarter turns counter-clockwise from the x axis. */
  readonly forward: 0 | 1;
  /** Height of the ground at the sensor, in metres. */
  readonly groundZ: number;
  /** Unit of intensity that its data have and its models expect. */
  readonly intensity: IntensityScale;
}

/** The frames that scans come in and detectors are trained in, by name. */
export const SCAN_FRAMES: Readonly<Record<LidarFrame, ScanFrame>> = {
  kitti: {
    description: "KITTI's velodyne: x forward, y left, sensor 1.73 m above the ground",
    forward: 0,
    groundZ: -1.73,
    intensity: "unit",
  },
  nuscenes: {
    description: "nuScenes' LIDAR_TOP: x right, y forward, sensor 1.84 m above the ground",
    forward: 1,
    groundZ: -1.84,
    intensity: "byte",
  },
  waymo: {
    description: "Waymo's vehicle: x forward, y left, origin on the ground",
    forward: 0,
    groundZ: 0,
    intensity: "tanh",
  },
  pandaset: {
    description: "PandaSet's vehicle: x forward, y left, origin 0.3 m above the ground",
    forward: 0,
    groundZ: -0.3,
    intensity: "unit",
  },
  ouster: {
    description: "a sensor of its own on a car's roof: x forward, y left, 1.85 m above the ground",
    forward: 0,
    groundZ: -1.85,
    intensity: "unit",
  },
};

/** Sines of quarter turns, exactly. */
const SINES = [0, 1, 0, -1];

/**
 * The motion from one frame to another: a turn about the vertical axis, by exact quarters, then a
 * shift that brings ground to ground. Points move with it; the boxes that a model finds go back by
 * its inverse.
 *
 * @param from The frame of the scan.
 * @param to The frame of the model.
 * @param groundZ Height of the ground in the scan, where it was measured; else the frame's.
 * @returns The motion.
 *
 * @example
 * ```ts
 * import { frameChange, SCAN_FRAMES } from "@vicinity/dsvt";
 * import { transformPositions } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const motion = frameChange(SCAN_FRAMES.kitti, SCAN_FRAMES.nuscenes, -2);
 * const [x, y, z = 0] = transformPositions(Float32Array.of(10, 1, -2), motion);
 * assert.deepEqual([x, y], [-1, 10]);
 * assert(Math.abs(z + 1.84) < 1e-6);
 * ```
 */
export function frameChange(
  from: ScanFrame,
  to: ScanFrame,
  groundZ: number = from.groundZ,
): Matrix4 {
  const quarters = (to.forward - from.forward + 4) % 4;
  const [sine, cosine] = [SINES[quarters] ?? 0, SINES[(quarters + 1) % 4] ?? 1];
  const shift = to.groundZ - groundZ;
  return [cosine, -sine, 0, 0, sine, cosine, 0, 0, 0, 0, 1, shift, 0, 0, 0, 1];
}
