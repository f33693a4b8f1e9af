/** From the candidates of RetinaNet to detections, on the host. */
import { decodeBoxes } from "../boxes.ts";
import { nms } from "../nms.ts";
import { placedAnchors } from "./anchors.ts";
import type { RetinaNetConfig } from "./config.ts";

/** The numbers of `RetinaCandidates`. */
export interface ReadCandidates {
  /** Logits of `n · classes` or `n` values. */
  readonly logits: ArrayLike<number>;
  /** `[n]`. */
  readonly indices: ArrayLike<number>;
  /** `[n, 4]`. */
  readonly deltas: ArrayLike<number>;
}

/** How the network's input lies over the photograph, and how the levels lie over the input. */
export interface RetinaFrame {
  /** Height and width of the picture inside the input, without padding. */
  readonly clip: readonly [number, number];
  /** Factors from the photograph to the input for x1, y1, x2, y2. */
  readonly scale: readonly [number, number, number, number];
  /** Columns of each level's map. */
  readonly columns: readonly number[];
}

/** A box with what it shows. */
export interface ClassBox {
  /** Number of its class. */
  readonly classId: number;
  /** From 0 to 1. */
  readonly score: number;
  /** x1, y1, x2, y2 in pixels of the photograph. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
}

const PLAIN = [1, 1, 1, 1] as const;

/**
 * Moves anchors, drops what is unlikely, and suppresses boxes of a class that a better one covers.
 *
 * @param levels What was read of each level, fine to coarse.
 * @param frame Where the picture is.
 * @param config Anchors and rules.
 * @returns Detections, best first.
 */
export function retinaDetections(
  levels: readonly ReadCandidates[],
  frame: RetinaFrame,
  config: RetinaNetConfig,
): ClassBox[] {
  const { detections: { scoreThreshold, iou, max } } = config;
  const boxes: number[] = [];
  const scores: number[] = [];
  const classIds: number[] = [];
  for (const [level, candidates] of levels.entries()) {
    const moved = movedAnchors(candidates, level, frame, config);
    const pairs = candidates.logits.length / Math.max(1, candidates.indices.length);
    for (let at = 0; at < candidates.logits.length; at++) {
      const score = 1 / (1 + Math.exp(-(candidates.logits[at] ?? -Infinity)));
      if (!(score > scoreThreshold)) continue;
      const row = Math.floor(at / pairs);
      scores.push(score);
      classIds.push(
        config.order === "pairs"
          ? (candidates.indices[row] ?? 0) % config.classes
          : at % config.classes,
      );
      for (const [side, factor] of frame.scale.entries()) {
        boxes.push(Math.fround((moved[4 * row + side] ?? 0) / factor));
      }
    }
  }
  return nms(boxes, scores, iou, { classes: classIds, max }).map((index) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.slice(4 * index, 4 * index + 4);
    return { classId: classIds[index] ?? 0, score: scores[index] ?? 0, box: [x1, y1, x2, y2] };
  });
}

/** Boxes of a level's candidates in pixels of the network's input. */
function movedAnchors(
  { indices, deltas }: ReadCandidates,
  level: number,
  { clip, columns }: RetinaFrame,
  { anchors, order, classes }: RetinaNetConfig,
): Float32Array {
  const numbers = order === "pairs"
    ? Array.from(indices, (pair) => Math.floor(pair / classes))
    : indices;
  const places = placedAnchors(anchors, { level, columns: columns[level] ?? 1, numbers });
  return decodeBoxes(places, deltas, { stds: PLAIN, clip });
}
