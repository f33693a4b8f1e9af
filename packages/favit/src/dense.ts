/** Networks of dense tasks: Semantic FPN, RetinaNet and Mask R-CNN. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { slice, type Tensor } from "@vicinity/tensor";
import {
  type DetectionFrame,
  Fpn,
  RetinaNet,
  type RetinaNetConfig,
  type RetinaNetOutput,
  SemanticFpnHead,
  type TwoStageConfig,
  TwoStageDetector,
  type TwoStageOutput,
} from "@vicinity/vision";
import type { FavitConfig } from "./config.ts";
import { Favit } from "./model.ts";

/** Pixels between neighbours of the finest map. */
const FINEST_STRIDE = 4;

/** The maps of a backbone. */
function featuresOf(backbone: Favit, x: Tensor): Tensor[] {
  return backbone.forward(x).map(({ normed }) => normed);
}

/** Extents of a semantic segmenter. */
export interface SemanticFpnFavitConfig {
  /** The backbone. */
  readonly backbone: FavitConfig;
  /** Channels of the feature pyramid. */
  readonly pyramid: number;
  /** Channels of the head. */
  readonly channels: number;
  /** Number of classes. */
  readonly classes: number;
}

/** What a segmenter gives. */
export interface SemanticFpnOutput {
  /** The backbone's maps. */
  readonly features: readonly Tensor[];
  /** The feature pyramid. */
  readonly pyramid: readonly Tensor[];
  /** `[batch, rows, columns, classes]` at stride 4, of the picture alone. */
  readonly logits: Tensor;
}

/** Semantic FPN, with the keys of mmsegmentation. */
export class SemanticFpnFavit {
  readonly #backbone: Favit;
  readonly #neck: Fpn;
  readonly #head: SemanticFpnHead;

  /** Declares `backbone`, `neck` and `decode_head`. */
  constructor(parameters: Parameters, store: WeightStore, config: SemanticFpnFavitConfig) {
    const { backbone, pyramid, channels, classes } = config;
    const { length: levels } = backbone.embedDims;
    this.#backbone = new Favit(parameters, store.at("backbone"), backbone);
    this.#neck = new Fpn(parameters, store.at("neck"), backbone.embedDims, {
      channels: pyramid,
      levels,
    });
    this.#head = new SemanticFpnHead(parameters, store.at("decode_head"), {
      input: pyramid,
      levels,
      channels,
      classes,
    });
  }

  /**
   * Segments.
   *
   * @param x `[batch, height, width, 3]`, normalised.
   * @returns Logits, and what led to them.
   */
  forward(x: Tensor): SemanticFpnOutput {
    const features = featuresOf(this.#backbone, x);
    const pyramid = this.#neck.forward(features);
    const logits = this.#head.forward(pyramid);
    // The backbone may have enlarged a small picture.
    const rows = Math.ceil((x.shape[1] ?? 0) / FINEST_STRIDE);
    const columns = Math.ceil((x.shape[2] ?? 0) / FINEST_STRIDE);
    return { features, pyramid, logits: slice(slice(logits, 1, 0, rows), 2, 0, columns) };
  }
}

/** RetinaNet on FaViT. */
export interface RetinaNetFavitConfig {
  /** The backbone. */
  readonly backbone: FavitConfig;
  /** Feature pyramid, head and rules. */
  readonly retina: RetinaNetConfig;
}

/** RetinaNet, with the keys of mmdetection. */
export class FavitRetinaNet {
  readonly #backbone: Favit;
  readonly #detector: RetinaNet;

  /** Declares `backbone`, `neck` and `bbox_head`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { backbone, retina }: RetinaNetFavitConfig,
  ) {
    this.#backbone = new Favit(parameters, store.at("backbone"), backbone);
    this.#detector = new RetinaNet(parameters, store, backbone.embedDims, retina);
  }

  /**
   * Judges all anchors.
   *
   * @param x `[1, height, width, 3]`, normalised.
   * @returns The backbone's maps, candidates, and what lies between them.
   */
  forward(x: Tensor): RetinaNetOutput & { readonly features: readonly Tensor[] } {
    const features = featuresOf(this.#backbone, x);
    return { features, ...this.#detector.forward(features) };
  }
}

/** Mask R-CNN on FaViT. */
export interface MaskRcnnFavitConfig {
  /** The backbone. */
  readonly backbone: FavitConfig;
  /** Feature pyramid, proposals and heads. */
  readonly detector: TwoStageConfig;
}

/** Mask R-CNN, with the keys of mmdetection. */
export class FavitMaskRcnn {
  readonly #backbone: Favit;
  readonly #detector: TwoStageDetector;

  /** Declares `backbone`, `neck`, `rpn_head` and `roi_head`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { backbone, detector }: MaskRcnnFavitConfig,
  ) {
    this.#backbone = new Favit(parameters, store.at("backbone"), backbone);
    this.#detector = new TwoStageDetector(parameters, store, backbone.embedDims, detector);
  }

  /**
   * Detects.
   *
   * @param x `[1, height, width, 3]`, normalised.
   * @param frame Where the picture is.
   * @returns The backbone's maps, detections, and what lies between them.
   */
  forward(
    x: Tensor,
    frame: DetectionFrame,
  ): TwoStageOutput & { readonly features: readonly Tensor[] } {
    const features = featuresOf(this.#backbone, x);
    return { features, ...this.#detector.forward(features, frame) };
  }
}
