/** What a network has to give so that a detector can run it: two-stage ones, and RetinaNet. */
import type { HostArray, Tensor } from "@vicinity/tensor";
import type { SoftMask } from "../detection/mask_paste.ts";
import { retinaDetections, type RetinaFrame } from "../detection/retina_detections.ts";
import type { RetinaNetConfig } from "../detection/config.ts";
import type { RetinaNetOutput } from "../detection/retinanet.ts";
import type { DetectionFrame, TwoStageOutput } from "../detection/two_stage.ts";
import { NOTHING } from "../kernels/move_boxes.ts";

/** A thing in a picture. */
export interface Detection {
  /** Number of its class. */
  readonly classId: number;
  /** From 0 to 1. */
  readonly score: number;
  /** x1, y1, x2, y2 in pixels of the picture. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** Its outline inside the box; `pasteMask` turns it into pixels. */
  readonly mask?: SoftMask;
}

/** How the network's input lies over the photograph, as the host knows it. */
export type HostFrame = Pick<RetinaFrame, "clip" | "scale">;

/** What was recorded for an input of one size. */
export interface RecordedDetection {
  /** What the host reads. */
  readonly outputs: readonly Tensor[];
  /**
   * What it makes of that.
   *
   * @param read Values of the outputs.
   * @param frame Where the picture is.
   * @returns Things, the surest first.
   */
  found(read: readonly HostArray[], frame: HostFrame): Detection[];
}

/** A network that detects. */
export interface DetectorNetwork {
  /** Probability from which on a pixel belongs to a mask. */
  readonly maskThreshold: number;
  /**
   * Records the network.
   *
   * @param x `[1, height, width, 3]`, normalised.
   * @param frame Where the picture is.
   * @returns Outputs, and how they are read.
   */
  record(x: Tensor, frame: DetectionFrame): RecordedDetection;
}

/**
 * How detections of a two-stage network are read; they were chosen on the GPU.
 *
 * @param output What the network gave.
 * @returns Outputs, and how they are read.
 */
export function recordedTwoStage({ detections }: TwoStageOutput): RecordedDetection {
  const { boxes, scores, classIds, masks } = detections;
  const side = masks?.shape[1] ?? 0;
  return {
    outputs: [boxes, scores, classIds, ...(masks ? [masks] : [])],
    found: ([corners = [], likely = [], ids = [], outlines]: readonly ArrayLike<number>[]) => {
      const found: Detection[] = [];
      for (let index = 0; index < likely.length; index++) {
        const score = likely[index] ?? NOTHING;
        // Behind the last detection there is nothing.
        if (score <= NOTHING) break;
        const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = [0, 1, 2, 3].map((i) => corners[4 * index + i]);
        const probabilities = outlines &&
          Float32Array.from({ length: side ** 2 }, (_, i) => outlines[index * side ** 2 + i] ?? 0);
        found.push({
          classId: ids[index] ?? 0,
          score,
          box: [x1, y1, x2, y2],
          ...(probabilities ? { mask: { side, probabilities } } : {}),
        });
      }
      return found;
    },
  };
}

/**
 * How detections of RetinaNet are read; the host chooses them among the candidates.
 *
 * @param output What the network gave.
 * @param config Its rules.
 * @returns Outputs, and how they are read.
 */
export function recordedRetinaNet(
  { candidates, levels }: Pick<RetinaNetOutput, "candidates" | "levels">,
  config: RetinaNetConfig,
): RecordedDetection {
  const columns = levels.map(({ logits }) => logits.shape[2] ?? 0);
  return {
    outputs: candidates.flatMap(({ logits, indices, deltas }) => [logits, indices, deltas]),
    found: (read, frame) => {
      const perLevel = candidates.map((_, level) => {
        const [logits = [], indices = [], deltas = []] = read.slice(3 * level, 3 * level + 3);
        return { logits, indices, deltas };
      });
      return retinaDetections(perLevel, { ...frame, columns }, config);
    },
  };
}
