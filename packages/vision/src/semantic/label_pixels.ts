/** From the scores of a network to the class of every pixel of a photograph. */
import {
  argmax,
  concat,
  pointwise,
  reduce,
  resizeByTables,
  sliceTable,
  softmax,
  type Tensor,
} from "@vicinity/tensor";
import type { Extent, ScoreTables } from "./views.ts";

/** Scores of a part of the picture and where they go. */
export interface PartScores extends ScoreTables {
  /** `[1, rows, columns, classes]`. */
  readonly logits: Tensor;
}

/** What is known of each pixel. */
export interface PixelLabels {
  /** The likeliest class, u32 `[1, rows, width]`. */
  readonly classes: Tensor;
  /** Its probability, f32 `[1, rows, width]`. */
  readonly probabilities: Tensor;
}

/** Bytes of scores that are made at once. */
const BAND_BYTES = 32 << 20;
/** Bytes of classes, and as many of probabilities, that are read at once. */
const READING_BYTES = 64 << 20;

/** Rows of the photograph that are worked on together. */
export interface Band {
  /** First row. */
  readonly start: number;
  /** Number of rows. */
  readonly count: number;
}

/** Every look's scores, part by part. */
export type Looks = readonly (readonly PartScores[])[];

/**
 * Cuts rows of a photograph into bands, so that the scores of a large one never exist as a whole.
 *
 * @param looks Scores of every look.
 * @param columns Columns of the photograph.
 * @param rows The rows.
 * @returns Bands from top to bottom.
 */
export function bandsOf(looks: Looks, columns: number, rows: Band): readonly Band[] {
  const widest = Math.max(
    columns,
    ...looks.flat().map(({ logits: { shape: [, , width = 0] } }) => width),
  );
  const classCount = looks[0]?.[0]?.logits.shape[3] ?? 1;
  return cutRows(rows, Math.floor(BAND_BYTES / (4 * widest * classCount)));
}

/**
 * Cuts rows of a photograph so that what is known of their pixels fits into one reading.
 *
 * @param photo Size of the photograph.
 * @returns Rows from top to bottom.
 */
export function readingsOf([height, width]: Extent): readonly Band[] {
  return cutRows({ start: 0, count: height }, Math.floor(READING_BYTES / (4 * width)));
}

function cutRows({ start, count }: Band, most: number): readonly Band[] {
  const step = Math.max(1, most);
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => ({
    start: start + index * step,
    count: Math.min(step, count - index * step),
  }));
}

/**
 * Classes of the pixels of a photograph. The scores of a look are brought to the photograph, made
 * probabilities, and averaged over the looks.
 *
 * @param looks Scores of every look.
 * @param photo Size of the photograph.
 * @param rows The rows that are wanted; all when absent.
 * @returns Class and probability of each pixel of these rows.
 */
export function labelPixels(
  looks: Looks,
  [height, width]: Extent,
  rows: Band = { start: 0, count: height },
): PixelLabels {
  const [classes, probabilities]: [Tensor[], Tensor[]] = [[], []];
  for (const band of bandsOf(looks, width, rows)) {
    using scope = scopeOf(looks);
    // Of a single look the scores themselves decide, so that rounding makes no ties.
    const [only, ...others] = looks;
    const single = others.length === 0 && only ? bandScores(only, band) : undefined;
    const shares = single ? softmax(single) : bandProbabilities(looks, band);
    classes.push(scope.keep(argmax(single ?? shares)));
    probabilities.push(scope.keep(reduce(shares, "max", { axis: -1 })));
  }
  return { classes: joinRows(classes), probabilities: joinRows(probabilities) };
}

/**
 * Probabilities of all classes in a band of the photograph.
 *
 * @param looks Scores of every look.
 * @param band The rows.
 * @returns `[1, rows of the band, columns, classes]`.
 */
export function bandProbabilities(
  looks: Looks,
  band: Band,
): Tensor {
  const sum = looks.map((parts) => softmax(bandScores(parts, band))).reduce((a, b) => add(a, b));
  return looks.length === 1 ? sum : pointwise(`a / ${looks.length}.0`, { a: sum });
}

/** Scores of one look in a band; parts that do not reach it are left out. */
function bandScores(parts: readonly PartScores[], { start, count }: Band): Tensor {
  return parts
    .map(({ logits, rows, cols }) => ({ logits, cols, rows: sliceTable(rows, start, count) }))
    .filter(({ rows }) => rows.weights.some((weight) => weight !== 0))
    .map(({ logits, rows, cols }) => resizeByTables(logits, rows, cols))
    .reduce((a, b) => add(a, b));
}

function add(a: Tensor, b: Tensor): Tensor {
  return pointwise("a + b", { a, b });
}

function joinRows(bands: Tensor[]): Tensor {
  const [only, ...others] = bands;
  return only !== undefined && others.length === 0 ? only : concat(bands, 1);
}

function scopeOf(looks: Looks) {
  const first = looks[0]?.[0];
  if (first === undefined) throw new TypeError("Cannot label pixels: there are no scores.");
  return first.logits.gpu.scope();
}
