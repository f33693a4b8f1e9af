/** Points as the network takes them. */
import { ShapeError } from "@vicinity/tensor";
import type { DsvtConfig } from "./config.ts";
import type { LidarScan } from "./lidar_scan.ts";

/** Points of one or several scans. */
export interface PointRows {
  /** x, y, z of the first point, then of the second, and so on. */
  readonly positions: Float32Array;
  /** Values beside the position, point by point. */
  readonly features: Float32Array;
  /** For each point which scan it is of; all of the first one when absent. */
  readonly scans?: Uint32Array;
}

/**
 * A scan with the features of a detector, in its order; those that the scan lacks are 0.
 *
 * @param scan The scan.
 * @param config The features.
 * @returns The same positions, and the features.
 * @throws {ShapeError} If the lists of the scan are not of one length.
 */
export function pointRows(
  scan: LidarScan,
  { features }: Pick<DsvtConfig, "features">,
): PointRows {
  const { positions } = scan;
  const count = positions.length / 3;
  if (!Number.isInteger(count)) {
    throw new ShapeError(
      `Cannot look at a scan of ${positions.length} coordinates: give three a point.`,
    );
  }
  const width = features.length;
  const values = new Float32Array(count * width);
  for (const [column, name] of features.entries()) {
    const list = scan[name];
    if (!list) continue;
    if (list.length !== count) {
      throw new ShapeError(
        `Cannot look at a scan of ${positions.length} coordinates and ${list.length} values of ` +
          `${name}: give three coordinates and one value a point.`,
      );
    }
    for (let point = 0; point < count; point++) {
      values[point * width + column] = list[point] ?? 0;
    }
  }
  return { positions, features: values };
}
