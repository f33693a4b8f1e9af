/** Backbones for dense tasks, and the networks over them: UPerNet and two-stage detectors. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import {
  type DetectionFrame,
  LayerNorm,
  type Pyramid,
  TwoStageDetector,
  type TwoStageOutput,
  UperNetHead,
} from "@vicinity/vision";
import type { StagedConfig } from "./config.ts";
import type { DinatDetectorConfig } from "./detection_config.ts";
import { type Backbone, makeBackbone } from "./model.ts";

/** A backbone whose stages are normed each by its own layer norm, `norm0` to `norm3`. */
export class DenseBackbone {
  readonly #backbone: Backbone;
  readonly #norms: readonly LayerNorm[];

  /** Declares the weights; the classifier's norm and head are not used. */
  constructor(parameters: Parameters, store: WeightStore, config: StagedConfig) {
    this.#backbone = makeBackbone(parameters, store, config);
    this.#norms = config.depths.map((_, stage) =>
      new LayerNorm(parameters, store.at(`norm${stage}`), config.embedDim * 2 ** stage)
    );
  }

  /** `[batch, height, width, 3]`, normalised, to maps at strides 4, 8, 16 and 32. */
  forward(x: Tensor): Pyramid {
    const { stages } = this.#backbone.forward(x);
    const [a, b, c, d] = stages.map((tokens, stage) => this.#norms[stage]?.forward(tokens));
    if (!a || !b || !c || !d) throw new TypeError("Cannot give four maps: there are fewer stages.");
    return [a, b, c, d];
  }
}

/** Extents of a semantic segmenter. */
export interface UperNetDinatConfig {
  /** The backbone. */
  readonly backbone: StagedConfig;
  /** Channels of the head. */
  readonly channels: number;
  /** Number of classes. */
  readonly classes: number;
  /** Sides of the pooled maps. */
  readonly poolScales: readonly number[];
}

/** UPerNet on NAT, DiNAT or DiNAT_s, with the keys of mmsegmentation. */
export class UperNetDinat {
  readonly #backbone: DenseBackbone;
  readonly #head: UperNetHead;

  /** Declares `backbone` and `decode_head`; the auxiliary head of training is left out. */
  constructor(parameters: Parameters, store: WeightStore, config: UperNetDinatConfig) {
    const { backbone, channels, classes, poolScales } = config;
    this.#backbone = new DenseBackbone(parameters, store.at("backbone"), backbone);
    const [a = 0, b = 0, c = 0, d = 0] = [1, 2, 4, 8].map((factor) => factor * backbone.embedDim);
    this.#head = new UperNetHead(parameters, store.at("decode_head"), {
      inputs: [a, b, c, d],
      channels,
      classes,
      poolScales,
    });
    store.skip("auxiliary_head");
  }

  /**
   * Segments.
   *
   * @param x `[batch, height, width, 3]`, normalised.
   * @returns The backbone's maps, and logits at stride 4.
   */
  forward(x: Tensor): { readonly features: Pyramid; readonly logits: Tensor } {
    const features = this.#backbone.forward(x);
    return { features, logits: this.#head.forward(features) };
  }
}

/** Mask R-CNN or Cascade Mask R-CNN on NAT, DiNAT or DiNAT_s, with the keys of mmdetection. */
export class TwoStageDinat {
  readonly #backbone: DenseBackbone;
  readonly #detector: TwoStageDetector;

  /** Declares `backbone`, `neck`, `rpn_head` and `roi_head`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { backbone, detector }: DinatDetectorConfig,
  ) {
    const inputs = backbone.depths.map((_, stage) => backbone.embedDim * 2 ** stage);
    this.#backbone = new DenseBackbone(parameters, store.at("backbone"), backbone);
    this.#detector = new TwoStageDetector(parameters, store, inputs, detector);
  }

  /**
   * Detects.
   *
   * @param x `[1, height, width, 3]`, normalised.
   * @param frame Where the picture is.
   * @returns The backbone's maps, detections, and what lies between them.
   */
  forward(x: Tensor, frame: DetectionFrame): TwoStageOutput & { readonly features: Pyramid } {
    const features = this.#backbone.forward(x);
    return { features, ...this.#detector.forward(features, frame) };
  }
}
