import { CliError } from "@vicinity/cli";
import type { Point } from "@vicinity/media";

/** A part of the ground, in metres. */
export interface GroundRange {
  /** Least and greatest x. */
  readonly x: readonly [least: number, greatest: number];
  /** Least and greatest y. */
  readonly y: readonly [least: number, greatest: number];
}

/** A rectangle of a picture. */
export interface PixelArea {
  /** Where it begins. */
  readonly left: number;
  /** Its upper edge. */
  readonly top: number;
  /** Where it ends. */
  readonly right: number;
  /** Its lower edge. */
  readonly bottom: number;
}

/** Which axis of a scan points forward: x in most data sets, y in nuScenes. */
export type ForwardAxis = "x" | "y";

/** Most pixels of a picture: its light is gathered in 16 bytes for each. */
const MOST_PIXELS = 32e6;

/** How the ground lies in a bird's-eye picture: forward is up. */
export class BirdsEyeView {
  /** The part of the ground that is seen. */
  readonly range: GroundRange;
  /** Metres of the ground on a pixel. */
  readonly resolution: number;
  /** Columns of the picture. */
  readonly width: number;
  /** Rows of the picture. */
  readonly height: number;
  readonly #forward: ForwardAxis;

  /**
   * Lays out a picture.
   *
   * @param range The part of the ground that is seen.
   * @param resolution Metres of the ground on a pixel.
   * @param forward The axis that is up in the picture.
   * @throws {CliError} `USAGE` when the picture would be too large.
   */
  constructor(range: GroundRange, resolution: number, forward: ForwardAxis = "x") {
    this.range = range;
    this.resolution = resolution;
    this.#forward = forward;
    const across = Math.max(1, Math.round((range.y[1] - range.y[0]) / resolution));
    const along = Math.max(1, Math.round((range.x[1] - range.x[0]) / resolution));
    [this.width, this.height] = forward === "x" ? [across, along] : [along, across];
    if (this.width * this.height > MOST_PIXELS) {
      throw new CliError(
        "USAGE",
        `the bird's-eye picture would have ${this.width} x ${this.height} pixels`,
        { hint: "choose a larger --bev-res or a smaller --bev-range" },
      );
    }
  }

  /** Pixels of the picture for a metre of the ground. */
  get scale(): number {
    return 1 / this.resolution;
  }

  /** The place in the picture of a place on the ground. */
  place(x: number, y: number): Point {
    const { x: [leastX, greatestX], y: [, greatestY] } = this.range;
    return this.#forward === "x"
      ? [(greatestY - y) * this.scale, (greatestX - x) * this.scale]
      : [(x - leastX) * this.scale, (greatestY - y) * this.scale];
  }

  /** Whether a place on the ground is seen. */
  sees(x: number, y: number): boolean {
    const { x: [leastX, greatestX], y: [leastY, greatestY] } = this.range;
    return x >= leastX && x <= greatestX && y >= leastY && y <= greatestY;
  }

  /** The direction that is up in the picture. */
  get up(): readonly [x: number, y: number] {
    return this.#forward === "x" ? [1, 0] : [0, 1];
  }
}
