/** From the logits of a frame to probabilities of the pixels of its picture. */
import { type ResampleTable, resampleTable, resizeByTables, type Tensor } from "@vicinity/tensor";
import { PATCH } from "./config.ts";
import type { Extent, Partition } from "./partition.ts";

/**
 * Where a mask comes to lie. `official`: the authors' code stretches the map of the tiles to the whole
 * canvas or half of it, though a single row or column of tiles covers 16 pixels more, so that masks
 * are off by up to 16 pixels at its far edge; the networks were trained like that. `exact`: each pixel
 * gets the value of its own place. They agree where all tiles are used.
 */
export type Alignment = "official" | "exact";

/** What the authors' code says of pixels that no tile covers. */
export const OUTSIDE: number = -10;

/**
 * Enlarges the decoder's maps to pixels of the canvas: bilinear, half-pixel centres.
 *
 * @param maps Logits, f32 `[frames, map rows, map columns, 1]`.
 * @param cut How the frames are cut.
 * @param alignment Where masks come to lie.
 * @returns f32 `[frames, rows, columns, 1]`, from the upper left corner of the canvas.
 */
export function enlargeMasks(maps: Tensor, cut: Partition, alignment: Alignment): Tensor {
  const [rows, cols] = cut.map;
  const size: Extent = alignment === "official" ? cut.mask : [rows * PATCH, cols * PATCH];
  const [down, across] = [resampleTable(rows, size[0], RULE), resampleTable(cols, size[1], RULE)];
  return resizeByTables(maps, down, across);
}

/** PyTorch's `bilinear` with `align_corners=False`. */
const RULE = { filter: "bilinear", convention: "torch" } as const;

/** A plane of values. */
export interface Plane {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Row-major. */
  readonly values: Float32Array;
}

/**
 * Probabilities of the pixels of a placed picture.
 *
 * @param logits The enlarged mask of its frame.
 * @param size Height and width of the picture on the canvas; where it exceeds the mask, nothing is
 * known, and the authors' value for that is used.
 * @returns Probabilities, 0 to 1.
 */
export function placedProbabilities(
  logits: Plane,
  [height, width]: Extent,
): Plane & { readonly values: Float32Array<ArrayBuffer> } {
  const values = new Float32Array(height * width).fill(sigmoid(OUTSIDE));
  const [rows, cols] = [Math.min(height, logits.height), Math.min(width, logits.width)];
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      values[row * width + col] = sigmoid(logits.values[row * logits.width + col] ?? OUTSIDE);
    }
  }
  return { width, height, values };
}

/**
 * The logistic function.
 *
 * @param logit Any number.
 * @returns From 0 to 1.
 */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/**
 * Brings a plane to another size: bilinear, half-pixel centres, as PyTorch does.
 *
 * @param plane The plane.
 * @param size Height and width wanted.
 * @returns A new plane, or the same one when the size is right already.
 *
 * @example
 * ```ts
 * import { resizePlane } from "@vicinity/relayformer";
 * import assert from "node:assert/strict";
 *
 * const plane = { width: 2, height: 1, values: Float32Array.of(0, 1) };
 * assert.deepEqual([...resizePlane(plane, [1, 4]).values], [0, 0.25, 0.75, 1]);
 * ```
 */
export function resizePlane(plane: Plane, [height, width]: Extent): Plane {
  if (plane.width === width && plane.height === height) return plane;
  const across = resampleTable(plane.width, width, RULE);
  const down = resampleTable(plane.height, height, RULE);
  const values = new Float32Array(height * width);
  const lines = new Map<number, Float32Array>();
  /** A row of the plane at its new width; only those near the present row are kept. */
  const lineOf = (row: number): Float32Array => {
    const known = lines.get(row) ?? resizedLine(plane, row, across);
    lines.set(row, known);
    return known;
  };
  for (let row = 0; row < height; row++) {
    const first = down.first[row] ?? 0;
    for (const kept of lines.keys()) if (kept < first) lines.delete(kept);
    for (let tap = 0; tap < down.taps; tap++) {
      const weight = down.weights[row * down.taps + tap] ?? 0;
      if (weight === 0) continue;
      const line = lineOf(first + tap);
      const target = values.subarray(row * width, (row + 1) * width);
      for (let col = 0; col < width; col++) {
        target[col] = (target[col] ?? 0) + weight * (line[col] ?? 0);
      }
    }
  }
  return { width, height, values };
}

function resizedLine(
  { width, values }: Plane,
  row: number,
  { first, taps, weights }: ResampleTable,
): Float32Array {
  return Float32Array.from(first, (start, col) => {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      sum += (weights[col * taps + tap] ?? 0) * (values[row * width + start + tap] ?? 0);
    }
    return sum;
  });
}
