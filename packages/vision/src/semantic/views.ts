/** Which parts of a picture, at which size, a segmenter looks at. */
import { composeTables, mirrorTable, type ResampleTable, resampleTable } from "@vicinity/tensor";
import { cvResize } from "../cv_resize.ts";
import type { RgbPicture } from "../pillow_resize.ts";

/** Height and width. */
export type Extent = readonly [height: number, width: number];

/** Overlapping parts of the network's input that are worked on one after the other. */
export interface SlidingWindow {
  /** Rows and columns of a part. */
  readonly size: Extent;
  /** Rows and columns from one part to the next. */
  readonly stride: Extent;
}

/** A part of the network's input. */
export interface Part {
  /** First row. */
  readonly top: number;
  /** First column. */
  readonly left: number;
  /** Its size. */
  readonly size: Extent;
}

/** One look at the whole picture: at one size, as it is or mirrored. */
export interface Look {
  /** Size of the picture's first resizing, which keeps its proportions. */
  readonly fitted: Extent;
  /** Size of the resized picture; where it is not `fitted`, it is resized once more. */
  readonly size: Extent;
  /** Whether left and right are exchanged. */
  readonly mirrored: boolean;
  /** What the network is given, one after the other; together they cover the picture. */
  readonly parts: readonly Part[];
}

/** How often a segmenter looks. */
export interface LookOptions {
  /** Most pixels of the longer side. */
  readonly longest: number;
  /** Most pixels of the shorter side. */
  readonly shortest: number;
  /** Enlarge the sides to multiples of this (`AlignResize` of the authors); 1 when absent. */
  readonly divisor?: number | undefined;
  /** Factors of both; 1 alone when absent. */
  readonly scales?: readonly number[] | undefined;
  /** Look at the mirrored picture too. */
  readonly flip?: boolean | undefined;
  /** Look through a window; at the whole picture when absent. */
  readonly window?: SlidingWindow | undefined;
}

/**
 * The largest size with the picture's proportions that fits (`keep_ratio` of mmcv).
 *
 * @param photo Size of the picture.
 * @param longest Most pixels of the longer side.
 * @param shortest Most pixels of the shorter side.
 * @returns At least one pixel each way.
 */
export function fittedSize([height, width]: Extent, longest: number, shortest: number): Extent {
  const scale = Math.min(
    longest / Math.max(height, width),
    shortest / Math.min(height, width),
  );
  const side = (extent: number) => Math.max(1, Math.floor(extent * scale + 0.5));
  return [side(height), side(width)];
}

/**
 * Plans the looks at a picture.
 *
 * @param photo Its size.
 * @param options Sizes, mirroring, window.
 * @returns Every scale, each followed by its mirrored twin.
 *
 * @example
 * ```ts
 * import { planLooks } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const looks = planLooks([100, 200], { longest: 2048, shortest: 50, flip: true });
 * assert.deepEqual(looks.map(({ size, mirrored }) => [...size, mirrored]), [
 *   [50, 100, false],
 *   [50, 100, true],
 * ]);
 * ```
 */
export function planLooks(photo: Extent, options: LookOptions): readonly Look[] {
  const { longest, shortest, divisor = 1, scales = [1], flip = false, window } = options;
  return scales.flatMap((scale) => {
    // The test pipelines of mmsegmentation cut the scaled limits to whole pixels.
    const fitted = fittedSize(photo, Math.trunc(longest * scale), Math.trunc(shortest * scale));
    const aligned = (side: number) => Math.ceil(side / divisor) * divisor;
    const size = [aligned(fitted[0]), aligned(fitted[1])] as const;
    const parts = window === undefined
      ? [{ top: 0, left: 0, size }]
      : windowParts(size, window.size, window.stride);
    return (flip ? [false, true] : [false]).map((mirrored) => ({ fitted, size, mirrored, parts }));
  });
}

/**
 * Resizes a picture for a look, as OpenCV does.
 *
 * @param picture The picture.
 * @param look Sizes.
 * @returns A picture of the look's size, not mirrored.
 */
export function resizedFor(
  picture: RgbPicture,
  { fitted, size }: Pick<Look, "fitted" | "size">,
): RgbPicture {
  const first = cvResize(picture, fitted[1], fitted[0]);
  const same = fitted[0] === size[0] && fitted[1] === size[1];
  return same ? first : cvResize(first, size[1], size[0]);
}

/** Positions of the window: the last one of each axis ends at the border. */
function windowParts(size: Extent, window: Extent, stride: Extent): readonly Part[] {
  const [tops, lefts] = ([0, 1] as const).map((axis) => {
    const [extent, part, step] = [size[axis], window[axis], stride[axis]];
    const count = Math.floor(Math.max(extent - part + step - 1, 0) / step) + 1;
    return Array.from(
      { length: count },
      (_, index) => Math.max(0, Math.min(index * step + part, extent) - part),
    );
  });
  const part: Extent = [Math.min(size[0], window[0]), Math.min(size[1], window[1])];
  return (tops ?? []).flatMap((top) => (lefts ?? []).map((left) => ({ top, left, size: part })));
}

/** Where the scores of a part go: for each row and column of the photograph, which scores count. */
export interface ScoreTables {
  /** Rows. */
  readonly rows: ResampleTable;
  /** Columns. */
  readonly cols: ResampleTable;
}

/**
 * Tables that carry the scores of a part to the photograph: to the size of the part, averaged where
 * parts overlap, to the size of the photograph, bilinear each time, as mmsegmentation does it.
 *
 * @param look The look.
 * @param part One of its parts.
 * @param scores Size of the network's output for it.
 * @param photo Size of the photograph.
 * @returns Tables whose sums over all parts give 1 everywhere.
 */
export function scoreTables(look: Look, part: Part, scores: Extent, photo: Extent): ScoreTables {
  const along = (axis: 0 | 1): ResampleTable => {
    const start = (it: Part) => axis === 0 ? it.top : it.left;
    const starts = [...new Set(look.parts.map(start))];
    const table = composeTables(
      composeTables(
        bilinear(scores[axis], part.size[axis]),
        placement(look.size[axis], start(part), part.size[axis], starts),
      ),
      bilinear(look.size[axis], photo[axis]),
    );
    return axis === 1 && look.mirrored ? mirrorTable(table) : table;
  };
  return { rows: along(0), cols: along(1) };
}

function bilinear(from: number, to: number): ResampleTable {
  return resampleTable(from, to, { filter: "bilinear", convention: "torch" });
}

/** Puts a part into its axis; where several overlap, each counts the same. */
function placement(
  extent: number,
  start: number,
  length: number,
  starts: readonly number[],
): ResampleTable {
  const positions = Array.from({ length: extent }, (_, position) => position);
  const inside = (position: number, from: number) => position >= from && position < from + length;
  const covers = (position: number) => starts.filter((from) => inside(position, from)).length;
  return {
    first: Int32Array.from(positions, (position) => Math.max(0, position - start)),
    taps: 1,
    weights: Float64Array.from(
      positions,
      (position) => inside(position, start) ? 1 / covers(position) : 0,
    ),
  };
}
