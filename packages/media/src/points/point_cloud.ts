import type { MediaWarning } from "../errors.ts";
import type { PointFormat } from "./point_table.ts";

/** Lowest and highest finite coordinates. */
export interface PointBounds {
  /** Lowest x, y and z. */
  readonly min: readonly [x: number, y: number, z: number];
  /** Highest x, y and z. */
  readonly max: readonly [x: number, y: number, z: number];
}

/** What was found out about a file of points while it was read. */
export interface PointReport {
  /** Kind of file. */
  readonly format: PointFormat;
  /** Names of its columns, in order. */
  readonly fields: readonly string[];
  /** Points in the file. */
  readonly rows: number;
  /** Points that were left out because a coordinate is not finite. */
  readonly dropped: number;
  /**
   * What was subtracted from the coordinates of the file, in its units: whole numbers where
   * single precision could not hold them, zeros otherwise.
   */
  readonly origin: readonly [x: number, y: number, z: number];
  /** Extent of the points in the coordinates of the file; absent if there is none. */
  readonly bounds?: PointBounds | undefined;
  /** Lowest and highest intensity; absent if the file has none. */
  readonly intensityRange?: readonly [min: number, max: number] | undefined;
  /** What was subtracted from the times of the file: 0 unless they are absolute. */
  readonly timeOrigin: number;
  /** What is odd about the file, yet did not keep it from being read. */
  readonly warnings: readonly MediaWarning[];
}

/** Points of a file, in its own frame and units; points with a coordinate that is not finite are gone. */
export interface PointCloud {
  /** x, y, z of the first point, then of the second, and so on, less the report's origin. */
  readonly positions: Float32Array<ArrayBuffer>;
  /** Strength of the return as the file stores it. */
  readonly intensity?: Float32Array<ArrayBuffer> | undefined;
  /** Waymo's second feature of a return. */
  readonly elongation?: Float32Array<ArrayBuffer> | undefined;
  /** Time as the file stores it, less the report's `timeOrigin`. */
  readonly time?: Float32Array<ArrayBuffer> | undefined;
  /** Number of the laser. */
  readonly ring?: Float32Array<ArrayBuffer> | undefined;
  /** Waymo's flag of zones without labels: 1 inside, -1 outside. */
  readonly noLabelZone?: Float32Array<ArrayBuffer> | undefined;
  /** What was found out while reading. */
  readonly report: PointReport;
}
