/** `DynamicPillarVFE` and `DynamicPillarVFE_3d`: the features of a cell's points become one. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, type PackedWeight, segmentReduce, type Tensor } from "@vicinity/tensor";
import { foldedNorm } from "@vicinity/vision";
import type { VfeConfig } from "./config.ts";
import { pointWidth } from "./point_features.ts";

/** Added to the variance of batch norm. */
const EPS = 1e-3;

/** Points of some cells on the GPU; see `PointBlock`. */
export interface PointTensors {
  /** `[rows, width]`. */
  readonly features: Tensor;
  /** u32 `[cells + 1]`. */
  readonly starts: Tensor;
  /** u32 `[rows]`. */
  readonly owners: Tensor;
}

/** Layers over points, each followed by a maximum over the points of a cell. */
export class DynamicVfe {
  readonly #layers: readonly PfnLayer[];

  /**
   * Declares `pfn_layers`.
   *
   * @param parameters Collects the weights.
   * @param store Module that owns them.
   * @param config Layers and features.
   * @param features Values that a point has beside its position.
   */
  constructor(parameters: Parameters, store: WeightStore, config: VfeConfig, features: number) {
    const { filters, norm } = config;
    let from = [pointWidth(config, features)];
    this.#layers = filters.map((filter, index) => {
      // All but the last layer give half of their channels, the other half is the maximum of it.
      const out = index === filters.length - 1 ? filter : Math.floor(filter / 2);
      const layer = new PfnLayer(parameters, store.at("pfn_layers").at(index), from, out, norm);
      from = [out, out];
      return layer;
    });
  }

  /**
   * Features of cells.
   *
   * @param points Their points.
   * @returns `[cells, channels]`.
   */
  forward(points: PointTensors): Tensor {
    const [first, ...rest] = this.#layers;
    if (!first) throw new TypeError("Cannot look at points: there are no layers.");
    let x = first.first(points.features);
    const { starts } = points;
    let pooled = segmentReduce(x, "max", { starts });
    for (const [index, layer] of rest.entries()) {
      if (index === rest.length - 1) return layer.last(x, pooled, starts);
      x = layer.between(x, pooled, points.owners);
      pooled = segmentReduce(x, "max", { starts });
    }
    return pooled;
  }
}

/**
 * A linear layer with its norm and ReLU. The layers behind the first one see each point's features
 * beside the maximum of its cell; the part of the layer that sees the maximum is computed once a cell.
 */
class PfnLayer {
  readonly #own: Parameter<PackedWeight>;
  readonly #pooled: Parameter<PackedWeight> | undefined;
  readonly #bias: Parameter<Tensor>;

  constructor(
    parameters: Parameters,
    store: WeightStore,
    from: readonly number[],
    out: number,
    norm: boolean,
  ) {
    const channels = from.reduce((sum, count) => sum + count, 0);
    const weight = store.at("linear").get("weight", [out, channels]);
    const bias = norm ? undefined : store.at("linear").get("bias", [out]);
    const folded = norm ? foldedNorm(store.at("norm"), out, EPS) : undefined;
    const columns = async (start: number, count: number, padded = count) => {
      const [values, factors] = [await weight.float32(), await folded?.factors()];
      const part = new Float32Array(out * padded);
      for (let row = 0; row < out; row++) {
        const factor = factors?.[row] ?? 1;
        for (let c = 0; c < count; c++) {
          part[row * padded + c] = (values[row * channels + start + c] ?? 0) * factor;
        }
      }
      return { values: part, shape: [out, padded] };
    };
    const [own = 0, pooled] = from;
    if (pooled === undefined) {
      this.#own = parameters.packedFrom(
        weight.key,
        () => columns(0, own, Math.ceil(own / 4) * 4),
      );
    } else {
      this.#own = parameters.packedFrom(weight.key, () => columns(0, own));
      this.#pooled = parameters.packedFrom(weight.key, () => columns(own, pooled));
    }
    this.#bias = parameters.derived(`${store.path} bias`, async () => {
      const before = await bias?.float32() ?? new Float32Array(out);
      return parameters.gpu.tensor([out], await folded?.bias(before) ?? before);
    });
  }

  get #pooledWeight(): PackedWeight {
    if (this.#pooled) return this.#pooled.value;
    throw new TypeError("Cannot use maxima of cells: the first layer has none before it.");
  }

  first(x: Tensor): Tensor {
    return linear(x, this.#own.value, { bias: this.#bias.value, activation: "relu" });
  }

  between(x: Tensor, pooled: Tensor, owners: Tensor): Tensor {
    const table = linear(pooled, this.#pooledWeight, { bias: this.#bias.value });
    return linear(x, this.#own.value, { lookup: { table, rows: owners }, activation: "relu" });
  }

  /** The maximum of sums with a summand of the cell is the maximum plus that summand, ReLU or not. */
  last(x: Tensor, pooled: Tensor, starts: Tensor): Tensor {
    return linear(pooled, this.#pooledWeight, {
      bias: this.#bias.value,
      residual: segmentReduce(linear(x, this.#own.value), "max", { starts }),
      finalActivation: "relu",
    });
  }
}
