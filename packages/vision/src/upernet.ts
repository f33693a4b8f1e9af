/** `UPerHead` of mmsegmentation 0.20: pyramid pooling, a feature pyramid, classes for each pixel. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { adaptiveAveragePool2d, pointwise, type Tensor } from "@vicinity/tensor";
import { bilinear } from "./bilinear.ts";
import { ConvModule } from "./conv_module.ts";
import { Conv2d } from "./layers.ts";

/** Extents of the head. */
export interface UperNetConfig {
  /** Channels of the four maps, fine to coarse. */
  readonly inputs: readonly [number, number, number, number];
  /** Channels of the head. */
  readonly channels: number;
  /** Number of classes. */
  readonly classes: number;
  /** Sides of the pooled maps. */
  readonly poolScales: readonly number[];
}

/** Four maps, fine to coarse, `[batch, height, width, channels]`. */
export type Pyramid = readonly [Tensor, Tensor, Tensor, Tensor];

/** The head. */
export class UperNetHead {
  readonly #pools: readonly { readonly scale: number; readonly module: ConvModule }[];
  readonly #bottleneck: ConvModule;
  readonly #laterals: readonly ConvModule[];
  readonly #fpn: readonly ConvModule[];
  readonly #fpnBottleneck: ConvModule;
  readonly #classify: Conv2d;

  /** Declares the weights under `decode_head`. */
  constructor(parameters: Parameters, store: WeightStore, config: UperNetConfig) {
    const { inputs, channels, classes, poolScales } = config;
    const part = (path: string, from: readonly number[], size: number) =>
      new ConvModule(parameters, store.at(path), { out: channels, inputs: from, size });
    const [, , , coarse] = inputs;
    this.#pools = poolScales.map((scale, index) => ({
      scale,
      module: part(`psp_modules.${index}.1`, [coarse], 1),
    }));
    this.#bottleneck = part("bottleneck", [coarse, ...poolScales.map(() => channels)], 3);
    this.#laterals = inputs.slice(0, 3).map((from, index) =>
      part(`lateral_convs.${index}`, [from], 1)
    );
    this.#fpn = [0, 1, 2].map((index) => part(`fpn_convs.${index}`, [channels], 3));
    this.#fpnBottleneck = part("fpn_bottleneck", inputs.map(() => channels), 3);
    this.#classify = new Conv2d(parameters, store.at("conv_seg"), [classes, channels, 1, 1]);
  }

  /**
   * Classifies.
   *
   * @param features Maps of the backbone.
   * @returns Logits `[batch, height, width, classes]` at the finest map's size.
   */
  forward(features: Pyramid): Tensor {
    const [, , , coarse] = features;
    const pooled = this.#pools.map(({ scale, module }) =>
      enlarge(module.forward(adaptiveAveragePool2d(coarse, scale)), coarse)
    );
    const maps = this.#laterals.map((lateral, index) => lateral.forward(at(features, index)));
    maps.push(this.#bottleneck.forward(coarse, ...pooled));
    for (let level = maps.length - 1; level > 0; level--) {
      const finer = at(maps, level - 1);
      maps[level - 1] = pointwise("a + b", { a: finer, b: enlarge(at(maps, level), finer) });
    }
    const outputs = this.#fpn.map((module, index) => module.forward(at(maps, index)));
    outputs.push(at(maps, 3));
    const finest = at(outputs, 0);
    const joined = this.#fpnBottleneck.forward(...outputs.map((map) => enlarge(map, finest)));
    return this.#classify.forward(joined);
  }
}

/** Bilinear resize to the size of another map. */
function enlarge(map: Tensor, { shape: [, rows = 0, cols = 0] }: Tensor): Tensor {
  return bilinear(map, [rows, cols]);
}

function at(maps: readonly Tensor[], index: number): Tensor {
  const map = maps[index];
  if (!map) throw new TypeError(`Cannot segment: map ${index} is missing.`);
  return map;
}
