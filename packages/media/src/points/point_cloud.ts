/** What was found out about a file of points while it was read. */
export interface PointReport {
  /** Kind of file, such as `kitti`, `pcd`, `las`. */
  readonly format: string;
  /** Names of its columns, in order. */
  readonly fields: readonly string[];
  /** Points in the file. */
  readonly rows: number;
  /** Points that were left out because a coordinate is not finite. */
  readonly dropped: number;
}

/** Points of a file, in its own frame and units; points with a coordinate that is not finite are gone. */
export interface PointCloud {
  /** x, y, z of the first point, then of the second, and so on. */
  readonly positions: Float32Array;
  /** Strength of the return as the file stores it. */
  readonly intensity?: Float32Array | undefined;
  /** Waymo's second feature of a return. */
  readonly elongation?: Float32Array | undefined;
  /** Seconds before the newest sweep. */
  readonly time?: Float32Array | undefined;
  /** Number of the laser. */
  readonly ring?: Float32Array | undefined;
  /** What was found out while reading. */
  readonly report: PointReport;
}
