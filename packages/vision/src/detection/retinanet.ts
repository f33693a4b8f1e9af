/** RetinaNet of mmdetection over any backbone. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import type { RetinaNetConfig } from "./config.ts";
import { Fpn } from "./fpn.ts";
import { type RetinaCandidates, RetinaHead, type RetinaLevel } from "./retina_head.ts";

/** Everything on the way to the detections. */
export interface RetinaNetOutput {
  /** The feature pyramid. */
  readonly pyramid: readonly Tensor[];
  /** What the head says. */
  readonly levels: readonly RetinaLevel[];
  /** What the host looks at, for `retinaDetections`. */
  readonly candidates: readonly RetinaCandidates[];
}

/** Neck and head. */
export class RetinaNet {
  /** Extents and rules. */
  readonly config: RetinaNetConfig;
  readonly #neck: Fpn;
  readonly #head: RetinaHead;

  /**
   * Declares `neck` and `bbox_head`.
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
    config: RetinaNetConfig,
  ) {
    this.config = config;
    const used = inputs.slice(config.skippedMaps);
    this.#neck = new Fpn(parameters, store.at("neck"), used, config.neck);
    this.#head = new RetinaHead(parameters, store.at("bbox_head"), config);
  }

  /**
   * Judges all anchors; nothing comes back to the host on the way, so it may be used inside plans.
   *
   * @param features Maps of the backbone for one picture, fine to coarse.
   * @returns Candidates, and what led to them.
   */
  forward(features: readonly Tensor[]): RetinaNetOutput {
    const pyramid = this.#neck.forward(features.slice(this.config.skippedMaps));
    const levels = this.#head.forward(pyramid);
    return { pyramid, levels, candidates: levels.map((level) => this.#head.candidates(level)) };
  }
}
