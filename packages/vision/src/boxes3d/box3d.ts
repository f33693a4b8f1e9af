/** A box in space, turned about the vertical axis: right-handed axes, z up, metres. */
export interface Box3d {
  /** Its centre, half-way up. */
  readonly center: readonly [x: number, y: number, z: number];
  /** Length along the heading, width across it, height. */
  readonly size: readonly [length: number, width: number, height: number];
  /** Radians from the x axis, counter-clockwise seen from above. */
  readonly heading: number;
  /** Metres a second along x and y, where it is known. */
  readonly velocity?: readonly [x: number, y: number];
}

/** A box that a detector found. */
export interface ScoredBox3d extends Box3d {
  /** Number of its class, from 0. */
  readonly classId: number;
  /** From 0 to 1. */
  readonly score: number;
}
