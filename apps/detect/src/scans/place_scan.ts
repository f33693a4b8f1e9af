import type { Warning } from "@vicinity/cli";
import {
  convertElongation,
  convertIntensity,
  estimateGround,
  frameChange,
  intensityUnit,
  type LidarFrame,
  type LidarScan,
  SCAN_FRAMES,
  type ScanFrame,
} from "@vicinity/dsvt";
import type { PointCloud } from "@vicinity/media";
import { type Matrix4, multiply4, transformPositions } from "@vicinity/vision";
import type { BoxFinder } from "./box_finder.ts";
import { rangeWarning } from "./range_warning.ts";
import type { PreparedScan } from "./read_scan.ts";

/** What the user said of a scan's axes and units. */
export interface PlaceOptions {
  /** The kind of sensor or data set whose axes and units the scan has. */
  readonly frame: LidarFrame | "auto";
  /** Applied before anything else. */
  readonly transform: Matrix4;
  /** Metres added to z; found out when absent. */
  readonly zOffset: number | undefined;
  /** Factor of intensities; found out when absent. */
  readonly intensityScale: number | undefined;
}

/** A scan in the axes and units of a model. */
export interface PlacedScan {
  /** Its points. */
  readonly scan: LidarScan;
  /** What brought them there from the axes of the file. */
  readonly toModel: Matrix4;
  /** Metres by which it was lifted. */
  readonly lift: number;
  /** How many of the points are inside the model's range. */
  readonly inRange: number;
  /** What is odd about them. */
  readonly warnings: readonly Warning[];
}

/**
 * Brings a scan into the axes and units that a model was trained in: the user's change of axes, a turn
 * so that forward is forward, a lift so that the ground is where it was, intensities of the same unit.
 *
 * @param prepared The scan as read.
 * @param config What the model wants.
 * @param options What the user said.
 * @returns The scan, and what was done to it.
 */
export function placeScan(
  { cloud, scan }: Pick<PreparedScan, "cloud" | "scan">,
  config: BoxFinder["config"],
  options: PlaceOptions,
): PlacedScan {
  const warnings: Warning[] = [];
  const to = SCAN_FRAMES[config.frame];
  const from = options.frame === "auto" ? likelyFrame(cloud) : SCAN_FRAMES[options.frame];
  const own = transformPositions(cloud.positions, options.transform);
  const lift = liftOf(own, { from, to, options, warnings });
  const toModel = multiply4(frameChange(from, to, to.groundZ - lift), options.transform);
  const positions = transformPositions(scan.positions, toModel);
  const { inRange, warning } = rangeWarning(positions, config);
  if (warning !== undefined) warnings.push(warning);
  warnings.push(...featureWarnings(scan, config));
  return {
    scan: { positions, ...featuresOf(scan, to, options) },
    toModel,
    lift,
    inRange,
    warnings,
  };
}

/** What a scan's columns give away of where it comes from; else x is forward. */
function likelyFrame({ elongation, ring, report }: PointCloud): ScanFrame {
  if (elongation !== undefined) return SCAN_FRAMES.waymo;
  if (ring !== undefined && report.format === "bin") return SCAN_FRAMES.nuscenes;
  return SCAN_FRAMES.kitti;
}

/** Metres to lift a scan by: as the user says, else by its data set, else by its ground. */
function liftOf(
  positions: Float32Array,
  { from, to, options, warnings }: {
    readonly from: ScanFrame;
    readonly to: ScanFrame;
    readonly options: PlaceOptions;
    readonly warnings: Warning[];
  },
): number {
  if (options.zOffset !== undefined) return options.zOffset;
  if (options.frame !== "auto") return to.groundZ - from.groundZ;
  const ground = estimateGround(positions);
  if (ground.found) return to.groundZ - ground.z;
  if (positions.length > 0) {
    warnings.push({
      code: "POINTS_GROUND",
      message: `the ground was not found (${ground.reason}), so heights stay as they are; ` +
        "say how far below the sensor it is with --frame or --z-offset",
    });
  }
  return 0;
}

function featuresOf(
  { intensity, elongation, time }: Omit<LidarScan, "positions">,
  to: ScanFrame,
  { intensityScale: factor }: PlaceOptions,
): Omit<LidarScan, "positions"> {
  return {
    ...(intensity === undefined ? {} : {
      intensity: factor === undefined
        ? convertIntensity(intensity, intensityUnit(intensity, elongation), to.intensity)
        : intensity.map((value) => value * factor),
    }),
    ...(elongation === undefined ? {} : { elongation: convertElongation(elongation) }),
    ...(time === undefined ? {} : { time }),
  };
}

function featureWarnings(
  { intensity, time }: Omit<LidarScan, "positions">,
  { features }: BoxFinder["config"],
): readonly Warning[] {
  const warnings: Warning[] = [];
  if (features.includes("intensity") && intensity === undefined) {
    warnings.push({
      code: "POINTS_INTENSITY",
      message: "there is no column of intensities, so all are 0; if there is one, name it with " +
        "--points",
    });
  }
  if (features.includes("time") && (time === undefined || time.every((it) => it === time[0]))) {
    warnings.push({
      code: "POINTS_SWEEPS",
      message: "the model was trained on several sweeps put together and this is one, so boxes " +
        "are less sure and velocities mean little",
    });
  }
  return warnings;
}
