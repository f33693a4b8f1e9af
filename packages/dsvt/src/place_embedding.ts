/** `PositionEmbeddingLearned` of the TransFusion head. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, type Tensor } from "@vicinity/tensor";
import { FoldedConv } from "@vicinity/vision";

/** Two layers, with norm and ReLU between them. */
export class PlaceEmbedding {
  readonly #layers: readonly [FoldedConv, FoldedConv];

  /** Declares `position_embedding_head`. */
  constructor(parameters: Parameters, store: WeightStore, channels: number) {
    const head = store.at("position_embedding_head");
    this.#layers = [
      new FoldedConv(parameters, head.at(0), head.at(1), { shape: [channels, 2, 1], biased: true }),
      new FoldedConv(parameters, head.at(3), undefined, { shape: [channels, channels, 1] }),
    ];
  }

  /** `[n, 2]` to `[n, channels]`. */
  forward(positions: Tensor): Tensor {
    const [first, second] = this.#layers;
    const { weight, bias } = first;
    const hidden = linear(positions, weight, { bias, activation: "relu" });
    return linear(hidden, second.weight, { bias: second.bias });
  }
}
