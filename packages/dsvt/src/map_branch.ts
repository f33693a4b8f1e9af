/** `SeparateHead` of OpenPCDet: a few convolutions that regress one thing at each place of a map. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { clearOutside, FoldedConv, patches } from "@vicinity/vision";

/** Taps of all convolutions along each axis. */
const TAPS = 3;

/** Extents of a {@link MapBranch}. */
export interface MapBranchConfig {
  /** Channels of the map and between the convolutions. */
  readonly channels: number;
  /** Channels of the result. */
  readonly out: number;
  /** Convolutions, the last one included. */
  readonly convs: number;
  /** Whether convolutions before a norm have a bias. */
  readonly biased: boolean;
  /** Added to the variance of batch norm. */
  readonly eps: number;
}

/** Convolutions with norm and ReLU, and one with neither. */
export class MapBranch {
  readonly #hidden: readonly FoldedConv[];
  readonly #last: FoldedConv;

  /** Declares `0.0`, `0.1` and so on, and the number of the last convolution. */
  constructor(parameters: Parameters, store: WeightStore, config: MapBranchConfig) {
    const { channels, out, convs, biased, eps } = config;
    this.#hidden = Array.from({ length: convs - 1 }, (_, index) => {
      const layer = store.at(index);
      const shape = [channels, channels, TAPS, TAPS] as const;
      return new FoldedConv(parameters, layer.at(0), layer.at(1), { shape, biased, eps });
    });
    this.#last = new FoldedConv(parameters, store.at(convs - 1), undefined, {
      shape: [out, channels, TAPS, TAPS],
    });
  }

  /**
   * Looks at every place.
   *
   * @param map `[1, height, width, channels]`.
   * @returns `[1, height, width, out]`.
   */
  everywhere(map: Tensor): Tensor {
    const x = this.#hidden.reduce(
      (x, layer) => layer.forward([x], { padding: 1, activation: "relu" }),
      map,
    );
    return this.#last.forward([x], { padding: 1 });
  }

  /**
   * Looks at some places only, with the same result: each convolution sees the square around a place
   * that those behind it need. Between convolutions what lies outside the map has to be zero again,
   * as padding is.
   *
   * @param map `[1, height, width, channels]`.
   * @param places u32 `[n]`, row · width + column.
   * @returns `[n, 1, 1, out]`.
   */
  at(map: Tensor, places: Tensor): Tensor {
    const [, height = 0, width = 0] = map.shape;
    const x = this.#hidden.reduce(
      (x, layer) =>
        clearOutside(layer.forward([x], { activation: "relu" }), places, { height, width }),
      patches(map, places, this.#hidden.length + 1),
    );
    return this.#last.forward([x]);
  }
}
