/** Boxes moved by deltas on the GPU. */
import { flatGrid, ShapeError, type Tensor } from "@vicinity/tensor";
import {
  classScores as buildClassScores,
  MOVE_BOXES_THREADS,
  moveAnchors as buildMoveAnchors,
  moveByClass as buildMoveByClass,
  moveRegions as buildMoveRegions,
} from "../kernels/move_boxes.ts";

/** Standard deviations of dx, dy, dw, dh. */
type Stds = readonly [number, number, number, number];

/** Where the boxes of all levels go: `[levels, n, 4]` and `[levels, n]`. */
export interface LevelBoxes {
  /** x1, y1, x2, y2 in pixels of the network's input. */
  readonly boxes: Tensor;
  /** Falling, in each level. */
  readonly scores: Tensor;
}

/** A level of the proposal network. */
export interface AnchorLevel {
  /** Its number. */
  readonly level: number;
  /** f32 `[n]`, logits of its best anchors. */
  readonly logits: Tensor;
  /** u32 `[n]`, which anchors they are, counted along rows, columns and kinds. */
  readonly indices: Tensor;
  /** f32 `[1, height, width, 4 · kinds]`. */
  readonly deltas: Tensor;
  /** Pixels between neighbours. */
  readonly stride: number;
}

/**
 * Writes the proposals of one level.
 *
 * @param into Boxes and scores of all levels.
 * @param from The level.
 * @param options Anchors `[levels, kinds, 4]` around the origin, f32 height and width of the picture,
 *   and the width and height that a proposal has to exceed.
 */
export function moveAnchors(
  into: LevelBoxes,
  { level, logits, indices, deltas, stride }: AnchorLevel,
  { anchors, clip, minSize }: {
    readonly anchors: Tensor;
    readonly clip: Tensor;
    readonly minSize: number;
  },
): void {
  const total = into.scores.shape[1] ?? 0;
  const kinds = anchors.shape[1] ?? 0;
  const { gpu } = deltas;
  gpu.dispatch({
    kernel: gpu.kernel("move anchors", {}, buildMoveAnchors),
    tensors: [logits, indices, deltas, anchors, clip, into.boxes, into.scores],
    params: [
      total,
      logits.shape[0] ?? 0,
      level * total,
      level * kinds,
      kinds,
      deltas.shape[2] ?? 0,
      stride,
      minSize,
    ],
    grid: flatGrid(Math.ceil(total / MOVE_BOXES_THREADS)),
  });
}

/** What the box head says of regions. */
export interface BoxPrediction {
  /** f32 `[n, 4]`, x1, y1, x2, y2 in pixels of the network's input. */
  readonly regions: Tensor;
  /** f32 `[n, classes + 1]`, the background last. */
  readonly logits: Tensor;
  /** f32 `[n, 4 · classes]`. */
  readonly deltas: Tensor;
}

/**
 * Moves every region by the deltas of its likeliest class.
 *
 * @param prediction What the box head says.
 * @param stds Coding of the deltas.
 * @param clip f32 height and width of the picture.
 * @returns f32 `[n, 4]`.
 */
export function moveRegions(prediction: BoxPrediction, stds: Stds, clip: Tensor): Tensor {
  const { regions, logits, deltas } = prediction;
  const [count = 0, classes = 0] = extentsOf(prediction);
  const { gpu } = regions;
  const y = gpu.empty([count, 4]);
  gpu.dispatch({
    kernel: gpu.kernel("move regions", {}, buildMoveRegions),
    tensors: [regions, logits, deltas, clip, y],
    params: [count, classes, ...stds],
    grid: flatGrid(Math.ceil(count / MOVE_BOXES_THREADS)),
    iterations: classes,
  });
  return y;
}

/**
 * Boxes of every class, best first.
 *
 * @param prediction What the box head says.
 * @param ranked f32 scores `[classes, n]`, falling, and which regions they belong to.
 * @param options Coding of the deltas; f32 height and width of the picture; f32 factors from the
 *   photograph to the picture for x1, y1, x2, y2.
 * @returns f32 `[classes, n, 4]` in pixels of the photograph.
 */
export function moveByClass(
  prediction: BoxPrediction,
  ranked: { readonly values: Tensor; readonly indices: Tensor },
  { stds, clip, scale }: {
    readonly stds: Stds;
    readonly clip: Tensor;
    readonly scale: Tensor;
  },
): Tensor {
  const { regions, deltas } = prediction;
  const [count = 0, classes = 0] = extentsOf(prediction);
  const { gpu } = regions;
  const y = gpu.empty([classes, count, 4]);
  gpu.dispatch({
    kernel: gpu.kernel("move by class", {}, buildMoveByClass),
    tensors: [regions, deltas, ranked.values, ranked.indices, clip, scale, y],
    params: [classes * count, classes, count, ...stds],
    grid: flatGrid(Math.ceil(classes * count / MOVE_BOXES_THREADS)),
  });
  return y;
}

/**
 * Scores by class.
 *
 * @param probabilities f32 `[n, classes + 1]`, the background last.
 * @param objectness f32 `[n]`; regions whose value is {@link NOTHING} are none.
 * @param threshold Least score, exclusive.
 * @returns f32 `[classes, n]`; {@link NOTHING} for what is no box of a class.
 */
export function classScores(probabilities: Tensor, objectness: Tensor, threshold: number): Tensor {
  const [count = 0, columns = 1] = probabilities.shape;
  const classes = columns - 1;
  const { gpu } = probabilities;
  const y = gpu.empty([classes, count]);
  gpu.dispatch({
    kernel: gpu.kernel("class scores", {}, buildClassScores),
    tensors: [probabilities, objectness, y],
    params: [classes * count, classes, count, threshold],
    grid: flatGrid(Math.ceil(classes * count / MOVE_BOXES_THREADS)),
  });
  return y;
}

function extentsOf({ regions, logits, deltas }: BoxPrediction): readonly [number, number] {
  const [count = 0] = regions.shape;
  const classes = (logits.shape[1] ?? 1) - 1;
  if (logits.shape[0] !== count || deltas.shape.join() !== [count, 4 * classes].join()) {
    throw new ShapeError(
      `Cannot move regions [${regions.shape}] by deltas [${deltas.shape}] with logits ` +
        `[${logits.shape}]: give [n, 4], [n, 4 · classes] and [n, classes + 1].`,
    );
  }
  return [count, classes];
}
