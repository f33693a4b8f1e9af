/** `PositionEmbeddingLearned` of the TransFusion head and of the input layer. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, type Tensor } from "@vicinity/tensor";
import { FoldedConv } from "@vicinity/vision";

/** Two layers, with norm and ReLU between them. */
export class PlaceEmbedding {
  readonly #layers: readonly [FoldedConv, FoldedConv];

  /**
   * Declares `position_embedding_head`.
   *
   * @param parameters Collects the weights.
   * @param store Module that owns them.
   * @param shape Official shape of the first weight; 1 at its end where the layers are convolutions.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    shape: readonly [channels: number, axes: number, ...taps: 1[]],
  ) {
    const [channels, , ...taps] = shape;
    const head = store.at("position_embedding_head");
    this.#layers = [
      new FoldedConv(parameters, head.at(0), head.at(1), { shape, biased: true }),
      new FoldedConv(parameters, head.at(3), undefined, { shape: [channels, channels, ...taps] }),
    ];
  }

  /** `[n, axes]` to `[n, channels]`. */
  forward(positions: Tensor): Tensor {
    const [first, second] = this.#layers;
    const { weight, bias } = first;
    const hidden = linear(positions, weight, { bias, activation: "relu" });
    return linear(hidden, second.weight, { bias: second.bias });
  }
}
