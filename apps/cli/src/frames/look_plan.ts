/** How a network will look at a picture, for dry runs. */
import type { Extent } from "@vicinity/vision";

/** Columns and rows of a picture or of the frames of a video. */
export interface PhotoSize {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** How often a network looks at a picture, and at what size. */
export interface LookPlan {
  /** The way to its input, of networks with several. */
  readonly mode?: string;
  /** How often it looks at the whole picture: at several sizes, or mirrored too. */
  readonly looks: number;
  /** Sizes of its input, columns x rows. */
  readonly sizes: readonly string[];
  /** Tiles of its input, which it looks at together. */
  readonly tiles?: number;
  /** How often it runs, where it looks at one window after the other. */
  readonly windows?: number;
  /** Sizes of these. */
  readonly window?: readonly string[];
}

/**
 * Plans a look at the whole picture.
 *
 * @param extent Size of the network's input.
 * @param looks How often it looks.
 * @returns The plan.
 */
export function wholeLook(extent: Extent, looks = 1): LookPlan {
  return { looks, sizes: sizesOf([extent]) };
}

/**
 * Writes sizes for people, each once.
 *
 * @param extents The sizes.
 * @returns Such as `640 x 480`, columns first.
 */
export function sizesOf(extents: readonly Extent[]): readonly string[] {
  return [...new Set(extents.map(([rows, columns]) => `${columns} x ${rows}`))];
}
