/** `RPNHead` of mmdetection: which anchors may show something. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { gatherRows, reshape, sizeOf, type Tensor, topK } from "@vicinity/tensor";
import { Conv2d } from "../layers.ts";
import { moveAnchors } from "../ops/move_boxes.ts";
import { suppress } from "../ops/suppress.ts";
import { anchorsOf } from "./anchors.ts";
import type { ProposalConfig, RpnConfig } from "./config.ts";

/** What the head says of one level. */
export interface RpnLevel {
  /** `[1, height, width, kinds]`. */
  readonly logits: Tensor;
  /** `[1, height, width, 4 · kinds]`. */
  readonly deltas: Tensor;
}

/** Regions that may show something. */
export interface Proposals {
  /** `[n, 4]`, x1, y1, x2, y2 in pixels of the network's input. */
  readonly regions: Tensor;
  /** `[n]`, falling; {@link NOTHING} behind the last proposal. */
  readonly objectness: Tensor;
}

/** The head. */
export class RpnHead {
  readonly #conv: Conv2d;
  readonly #classify: Conv2d;
  readonly #regress: Conv2d;
  readonly #anchors: Parameter<Tensor>;
  readonly #strides: readonly number[];

  /**
   * Declares `rpn_conv`, `rpn_cls` and `rpn_reg`.
   *
   * @param parameters Collects the weights.
   * @param store Module that owns them.
   * @param channels Channels of the maps.
   * @param config Extents and anchors.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    channels: number,
    { channels: hidden, anchors }: RpnConfig,
  ) {
    const kinds = anchors.scales.length * anchors.ratios.length;
    this.#conv = new Conv2d(parameters, store.at("rpn_conv"), [hidden, channels, 3, 3], {
      padding: 1,
    });
    this.#classify = new Conv2d(parameters, store.at("rpn_cls"), [kinds, hidden, 1, 1]);
    this.#regress = new Conv2d(parameters, store.at("rpn_reg"), [4 * kinds, hidden, 1, 1]);
    this.#strides = anchors.strides;
    this.#anchors = parameters.derived(
      `${store.path} anchors`,
      () =>
        Promise.resolve(
          parameters.gpu.tensor([anchors.strides.length, kinds, 4], anchorsOf(anchors)),
        ),
    );
  }

  /**
   * Judges all anchors.
   *
   * @param maps `[1, height, width, channels]` each, fine to coarse.
   * @returns Logits and deltas of each level.
   */
  forward(maps: readonly Tensor[]): RpnLevel[] {
    return maps.map((map) => {
      const hidden = this.#conv.forward(map, { activation: "relu" });
      return { logits: this.#classify.forward(hidden), deltas: this.#regress.forward(hidden) };
    });
  }

  /**
   * Chooses regions.
   *
   * @param levels What {@link forward} gave.
   * @param clip f32 height and width of the picture without padding.
   * @param config How many, and how close they may be.
   * @returns As many places as there can be proposals.
   */
  propose(levels: readonly RpnLevel[], clip: Tensor, config: ProposalConfig): Proposals {
    const { gpu } = clip;
    const most = Math.min(
      config.preNms,
      Math.max(...levels.map(({ logits }) => sizeOf(logits.shape))),
    );
    const boxes = gpu.empty([levels.length, most, 4]);
    const scores = gpu.empty([levels.length, most]);
    const options = { anchors: this.#anchors.value, clip, minSize: config.minSize };
    for (const [level, { logits, deltas }] of levels.entries()) {
      const { values, indices } = topK(reshape(logits, [sizeOf(logits.shape)]), config.preNms);
      const stride = this.#strides[level] ?? 1;
      moveAnchors({ boxes, scores }, { level, logits: values, indices, deltas, stride }, options);
    }
    const kept = suppress(boxes, scores, config.iou);
    const all = levels.length * most;
    const { values, indices } = topK(reshape(kept, [all]), config.postNms);
    return { regions: gatherRows(reshape(boxes, [all, 4]), indices), objectness: values };
  }
}
