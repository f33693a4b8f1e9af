/** `Shared2FCBBoxHead` and `ConvFCBBoxHead` of mmdetection: what regions show, and where exactly. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, type PackedWeight, reshape, sizeOf, type Tensor } from "@vicinity/tensor";
import { ConvModule } from "../conv_module.ts";
import { Linear } from "../layers.ts";
import type { BoxHeadConfig } from "./config.ts";

/** Channels of the regions and number of classes. */
export interface HeadExtents {
  /** Channels of the pooled regions. */
  readonly channels: number;
  /** Number of classes without the background. */
  readonly classes: number;
}

/** The head. */
export class BoxHead {
  readonly #convs: readonly ConvModule[];
  readonly #first: FlatLinear;
  readonly #rest: readonly Linear[];
  readonly #classify: Linear;
  readonly #regress: Linear;

  /** Declares `shared_convs`, `shared_fcs`, `fc_cls` and `fc_reg`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { channels, classes }: HeadExtents,
    { roiSize, convs, convChannels, fcs, fcChannels }: BoxHeadConfig,
  ) {
    this.#convs = Array.from(
      { length: convs },
      (_, index) =>
        new ConvModule(parameters, store.at(`shared_convs.${index}`), {
          out: convChannels,
          inputs: [index === 0 ? channels : convChannels],
          size: 3,
        }),
    );
    const layers = store.at("shared_fcs");
    this.#first = new FlatLinear(parameters, layers.at(0), {
      channels: convs > 0 ? convChannels : channels,
      area: roiSize ** 2,
      out: fcChannels,
    });
    this.#rest = Array.from(
      { length: fcs - 1 },
      (_, index) => new Linear(parameters, layers.at(index + 1), [fcChannels, fcChannels]),
    );
    this.#classify = new Linear(parameters, store.at("fc_cls"), [fcChannels, classes + 1]);
    this.#regress = new Linear(parameters, store.at("fc_reg"), [fcChannels, 4 * classes]);
  }

  /**
   * Judges regions.
   *
   * @param pooled `[n, size, size, channels]`.
   * @returns Logits `[n, classes + 1]`, the background last, and deltas `[n, 4 · classes]`.
   */
  forward(pooled: Tensor): { readonly logits: Tensor; readonly deltas: Tensor } {
    const map = this.#convs.reduce((x, conv) => conv.forward(x), pooled);
    const hidden = this.#rest.reduce(
      (x, layer) => layer.forward(x, { activation: "relu" }),
      this.#first.forward(map),
    );
    return { logits: this.#classify.forward(hidden), deltas: this.#regress.forward(hidden) };
  }
}

/** A linear layer with ReLU over a whole region, which the official weights see channels first. */
class FlatLinear {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;

  constructor(
    parameters: Parameters,
    store: WeightStore,
    { channels, area, out }: {
      readonly channels: number;
      readonly area: number;
      readonly out: number;
    },
  ) {
    const shape = [out, channels * area];
    const weight = store.get("weight", shape);
    this.#weight = parameters.packedFrom(weight.key, async () => {
      const official = await weight.float32();
      const values = new Float32Array(official.length);
      for (let row = 0; row < official.length; row += channels * area) {
        for (let c = 0; c < channels; c++) {
          for (let place = 0; place < area; place++) {
            values[row + place * channels + c] = official[row + c * area + place] ?? 0;
          }
        }
      }
      return { values, shape };
    });
    this.#bias = parameters.vector(store, "bias", [out]);
  }

  forward(map: Tensor): Tensor {
    const [count = 0] = map.shape;
    const flat = reshape(map, [count, sizeOf(map.shape.slice(1))]);
    return linear(flat, this.#weight.value, { bias: this.#bias.value, activation: "relu" });
  }
}
