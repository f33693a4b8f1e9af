/** Mask R-CNN and Cascade Mask R-CNN of mmdetection 2.19 over any backbone. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { gatherRows, pointwise, reshape, softmax, type Tensor, topK } from "@vicinity/tensor";
import { classMasks, rowsOfNumbers } from "../ops/class_masks.ts";
import { classScores, moveByClass, moveRegions } from "../ops/move_boxes.ts";
import { roiAlign } from "../ops/roi_align.ts";
import { suppress } from "../ops/suppress.ts";
import { BoxHead } from "./box_head.ts";
import type { TwoStageConfig } from "./config.ts";
import { Fpn } from "./fpn.ts";
import { MaskHead } from "./mask_head.ts";
import { type Proposals, RpnHead, type RpnLevel } from "./rpn_head.ts";

/** How the network's input lies over the photograph. */
export interface DetectionFrame {
  /** f32 `[2]`: height and width of the picture inside the input, without padding. */
  readonly clip: Tensor;
  /** f32 `[4]`: factors from the photograph to the input for x1, y1, x2, y2. */
  readonly scale: Tensor;
}

/** What a box head says of the regions of its stage. */
export interface BoxStage {
  /** `[n, 4]`, x1, y1, x2, y2 in pixels of the network's input. */
  readonly regions: Tensor;
  /** `[n, size, size, channels]`. */
  readonly pooled: Tensor;
  /** `[n, classes + 1]`, the background last. */
  readonly logits: Tensor;
  /** `[n, 4 · classes]`. */
  readonly deltas: Tensor;
}

/** Detections on the GPU. */
export interface DetectionTensors {
  /** `[n, 4]`, x1, y1, x2, y2 in pixels of the photograph. */
  readonly boxes: Tensor;
  /** `[n]`, falling; {@link NOTHING} behind the last detection. */
  readonly scores: Tensor;
  /** u32 `[n]`. */
  readonly classIds: Tensor;
  /** `[n, 2 · size, 2 · size]`, probabilities of the predicted class inside the box. */
  readonly masks?: Tensor;
}

/** Everything on the way to the detections. */
export interface TwoStageOutput {
  /** The feature pyramid. */
  readonly pyramid: readonly Tensor[];
  /** What the proposal network says. */
  readonly levels: readonly RpnLevel[];
  /** What it proposes. */
  readonly proposals: Proposals;
  /** What each box head says. */
  readonly stages: readonly BoxStage[];
  /** `[n, classes + 1]`, averaged over the stages. */
  readonly logits: Tensor;
  /** What comes of it. */
  readonly detections: DetectionTensors;
}

/** Neck, proposals and heads. */
export class TwoStageDetector {
  readonly #config: TwoStageConfig;
  readonly #neck: Fpn;
  readonly #rpn: RpnHead;
  readonly #boxHeads: readonly BoxHead[];
  readonly #maskHeads: readonly MaskHead[];

  /**
   * Declares `neck`, `rpn_head` and `roi_head`.
   *
   * @param parameters Collects the weights.
   * @param store Module that owns them.
   * @param inputs Channels of the backbone's maps, fine to coarse.
   * @param config Extents and rules.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    inputs: readonly number[],
    config: TwoStageConfig,
  ) {
    const { neck, rpn, stages, mask, classes, cascade } = config;
    const extents = { channels: neck.channels, classes };
    const heads = store.at("roi_head");
    const part = (name: string, stage: number) =>
      cascade ? heads.at(name).at(stage) : heads.at(name);
    this.#config = config;
    this.#neck = new Fpn(parameters, store.at("neck"), inputs, neck);
    this.#rpn = new RpnHead(parameters, store.at("rpn_head"), neck.channels, rpn);
    this.#boxHeads = stages.map((stage, index) =>
      new BoxHead(parameters, part("bbox_head", index), extents, stage)
    );
    this.#maskHeads = mask
      ? stages.map((_, index) => new MaskHead(parameters, part("mask_head", index), extents, mask))
      : [];
  }

  /**
   * Detects things; nothing comes back to the host on the way, so it may be used inside plans.
   *
   * @param features Maps of the backbone for one picture, fine to coarse.
   * @param frame Where the picture is.
   * @returns Detections, and what led to them.
   */
  forward(features: readonly Tensor[], frame: DetectionFrame): TwoStageOutput {
    const pyramid = this.#neck.forward(features);
    const levels = this.#rpn.forward(pyramid);
    const proposals = this.#rpn.propose(levels, frame.clip, this.#config.proposals);
    const stages = this.#judge(pyramid, proposals.regions, frame);
    const logits = mean(stages.map((stage) => stage.logits));
    const boxes = this.#choose({ proposals, stages, logits }, frame);
    const masks = this.#outline(pyramid, boxes, frame);
    return {
      ...{ pyramid, levels, proposals, stages, logits },
      detections: { ...boxes, ...masks },
    };
  }

  /** Boxes move from stage to stage. */
  #judge(pyramid: readonly Tensor[], regions: Tensor, { clip }: DetectionFrame): BoxStage[] {
    const { stages, roi } = this.#config;
    const judged: BoxStage[] = [];
    let current = regions;
    for (const [index, head] of this.#boxHeads.entries()) {
      const { roiSize = 0, stds } = stages[index] ?? {};
      const pooled = roiAlign(pyramid, current, { ...roi, size: roiSize });
      const stage = { regions: current, pooled, ...head.forward(pooled) };
      judged.push(stage);
      if (stds && index + 1 < stages.length) current = moveRegions(stage, stds, clip);
    }
    return judged;
  }

  /** The best boxes of all classes. */
  #choose(
    { proposals, stages, logits }: Pick<TwoStageOutput, "proposals" | "stages" | "logits">,
    frame: DetectionFrame,
  ): DetectionTensors {
    const { detections: { scoreThreshold, iou, max }, stages: configs, classes } = this.#config;
    const [last] = stages.slice(-1);
    const [config] = configs.slice(-1);
    if (!last || !config) throw new TypeError("Cannot detect: there is no box head.");
    const count = proposals.regions.shape[0] ?? 0;
    const scores = classScores(softmax(logits), proposals.objectness, scoreThreshold);
    const ranked = topK(scores, count);
    const boxes = moveByClass(last, ranked, { ...frame, stds: config.stds });
    const kept = suppress(boxes, ranked.values, iou);
    const best = topK(reshape(kept, [classes * count]), max);
    return {
      boxes: gatherRows(reshape(boxes, [classes * count, 4]), best.indices),
      scores: best.values,
      classIds: rowsOfNumbers(best.indices, count),
    };
  }

  #outline(
    pyramid: readonly Tensor[],
    { boxes, classIds }: DetectionTensors,
    { scale }: DetectionFrame,
  ): { readonly masks?: Tensor } {
    const { mask, roi } = this.#config;
    if (!mask) return {};
    const regions = pointwise("box * scale", { box: boxes, scale });
    const pooled = roiAlign(pyramid, regions, { ...roi, size: mask.roiSize });
    return {
      masks: mean(
        this.#maskHeads.map((head) => classMasks(head.forward(pooled), classIds)),
      ),
    };
  }
}

/** Element-wise mean of tensors of one shape. */
function mean(tensors: readonly Tensor[]): Tensor {
  const [first, ...others] = tensors;
  if (!first) throw new TypeError("Cannot average: there are no tensors.");
  if (others.length === 0) return first;
  const inputs = Object.fromEntries(tensors.map((tensor, index) => [`x${index}`, tensor]));
  return pointwise(`(${Object.keys(inputs).join(" + ")}) * share`, inputs, {
    scalars: { share: 1 / tensors.length },
  });
}
