/** The part of the npm package hershey that is used; it comes without types. */

/** A text as lines around its middle, y upwards. */
export interface TextPaths {
  /** Extents of the text with the space around its letters. */
  readonly bounds: {
    readonly minX: number;
    readonly maxX: number;
    readonly minY: number;
    readonly maxY: number;
  };
  /** Lines through points; empty ones between letters. */
  readonly paths: readonly (readonly (readonly [x: number, y: number])[])[];
}

/** Letters of Roman Simplex as lines. */
export function stringToPaths(text: string): TextPaths;
