/** Points of a LiDAR scan, in metres, z up. All lists have one number a point, but positions three. */
export interface LidarScan {
  /** x, y, z of the first point, then of the second, and so on. */
  readonly positions: Float32Array;
  /** Strength of the return, in the unit of the file. */
  readonly intensity?: Float32Array | undefined;
  /** Waymo's second feature of a return. */
  readonly elongation?: Float32Array | undefined;
  /** Seconds before the newest sweep; not negative. */
  readonly time?: Float32Array | undefined;
}
