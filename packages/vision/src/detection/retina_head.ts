/** `RetinaHead` of mmdetection: what every anchor shows, and where exactly. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { gatherRows, reduce, reshape, sizeOf, type Tensor, topK } from "@vicinity/tensor";
import { Conv2d } from "../layers.ts";
import { rowsOfNumbers } from "../ops/class_masks.ts";
import type { RetinaNetConfig } from "./config.ts";

/** What the head says of one level. */
export interface RetinaLevel {
  /** `[1, height, width, kinds · classes]`. */
  readonly logits: Tensor;
  /** `[1, height, width, 4 · kinds]`. */
  readonly deltas: Tensor;
}

/** The part of a level that the host looks at. */
export interface RetinaCandidates {
  /** f32 `[n, classes]` for anchors, `[n]` for pairs of anchor and class, best first. */
  readonly logits: Tensor;
  /** u32 `[n]`: numbers of the anchors, or of the pairs, counted along rows, columns, kinds, classes. */
  readonly indices: Tensor;
  /** f32 `[n, 4]`. */
  readonly deltas: Tensor;
}

/** The head; all levels share its weights. */
export class RetinaHead {
  readonly #classConvs: readonly Conv2d[];
  readonly #boxConvs: readonly Conv2d[];
  readonly #classify: Conv2d;
  readonly #regress: Conv2d;
  readonly #config: RetinaNetConfig;

  /**
   * Declares `cls_convs`, `reg_convs`, `retina_cls` and `retina_reg`.
   *
   * @param parameters Collects the weights.
   * @param store Module that owns them.
   * @param config Extents and rules.
   */
  constructor(parameters: Parameters, store: WeightStore, config: RetinaNetConfig) {
    const { convs, channels, classes, anchors, neck } = config;
    const kinds = anchors.scales.length * anchors.ratios.length;
    const conv = (path: string, out: number, input: number) =>
      new Conv2d(parameters, store.at(path), [out, input, 3, 3], { padding: 1 });
    const branch = (name: string) =>
      Array.from(
        { length: convs },
        (_, index) =>
          conv(`${name}.${index}.conv`, channels, index === 0 ? neck.channels : channels),
      );
    const last = convs > 0 ? channels : neck.channels;
    this.#config = config;
    this.#classConvs = branch("cls_convs");
    this.#boxConvs = branch("reg_convs");
    this.#classify = conv("retina_cls", kinds * classes, last);
    this.#regress = conv("retina_reg", kinds * 4, last);
  }

  /**
   * Judges all anchors.
   *
   * @param maps `[1, height, width, channels]` each, fine to coarse.
   * @returns Logits and deltas of each level.
   */
  forward(maps: readonly Tensor[]): RetinaLevel[] {
    const through = (convs: readonly Conv2d[], map: Tensor) =>
      convs.reduce((x, conv) => conv.forward(x, { activation: "relu" }), map);
    return maps.map((map) => ({
      logits: this.#classify.forward(through(this.#classConvs, map)),
      deltas: this.#regress.forward(through(this.#boxConvs, map)),
    }));
  }

  /**
   * Chooses what the host looks at, so that the maps need not leave the GPU.
   *
   * @param level What {@link forward} gave.
   * @returns The best anchors, or pairs of anchor and class.
   */
  candidates({ logits, deltas }: RetinaLevel): RetinaCandidates {
    const { classes, order, preNms } = this.#config;
    const count = sizeOf(logits.shape) / classes;
    const coded = reshape(deltas, [count, 4]);
    if (order === "pairs") {
      const { values, indices } = topK(reshape(logits, [count * classes]), preNms);
      return {
        logits: values,
        indices,
        deltas: gatherRows(coded, rowsOfNumbers(indices, classes)),
      };
    }
    const rows = reshape(logits, [count, classes]);
    const { indices } = topK(reduce(rows, "max", { axis: -1 }), preNms);
    return { logits: gatherRows(rows, indices), indices, deltas: gatherRows(coded, indices) };
  }
}
