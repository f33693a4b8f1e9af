/** `FPN` of mmdetection: maps of one width, each knowing the coarser ones. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { pool2d, type Tensor } from "@vicinity/tensor";
import { Conv2d } from "../layers.ts";
import { topDown } from "../ops/top_down.ts";
import type { NeckConfig } from "./config.ts";

/** The neck. */
export class Fpn {
  readonly #laterals: readonly Conv2d[];
  readonly #outputs: readonly Conv2d[];
  readonly #further: readonly Conv2d[];
  readonly #levels: number;

  /**
   * Declares `lateral_convs` and `fpn_convs`.
   *
   * @param parameters Collects the weights.
   * @param store Module that owns them.
   * @param inputs Channels of the backbone's maps, fine to coarse.
   * @param config Extents.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    inputs: readonly number[],
    { channels, levels, further = "pooled" }: NeckConfig,
  ) {
    this.#levels = levels;
    this.#laterals = inputs.map((input, index) =>
      new Conv2d(parameters, store.at(`lateral_convs.${index}.conv`), [channels, input, 1, 1])
    );
    this.#outputs = inputs.map((_, index) =>
      new Conv2d(parameters, store.at(`fpn_convs.${index}.conv`), [channels, channels, 3, 3], {
        padding: 1,
      })
    );
    const convolved = further === "convolved" ? Math.max(0, levels - inputs.length) : 0;
    this.#further = Array.from({ length: convolved }, (_, step) => {
      const input = step === 0 ? inputs.at(-1) ?? 0 : channels;
      const module = store.at(`fpn_convs.${inputs.length + step}.conv`);
      return new Conv2d(parameters, module, [channels, input, 3, 3], { padding: 1, stride: 2 });
    });
  }

  /**
   * Mixes maps.
   *
   * @param features `[batch, height, width, channels]` each, fine to coarse.
   * @returns One map a level.
   */
  forward(features: readonly Tensor[]): Tensor[] {
    const merged: Tensor[] = [];
    for (const [index, lateral] of [...this.#laterals.entries()].reverse()) {
      const map = features[index];
      if (!map) throw new TypeError(`Cannot mix maps: map ${index} is missing.`);
      const [coarser] = merged;
      const own = lateral.forward(map);
      merged.unshift(coarser ? topDown(own, coarser) : own);
    }
    const maps = merged.flatMap((map, index) => this.#outputs[index]?.forward(map) ?? []);
    let source = features[this.#laterals.length - 1];
    for (const conv of this.#further) {
      if (!source) throw new TypeError("Cannot mix maps: there are none.");
      source = conv.forward(source);
      maps.push(source);
    }
    while (maps.length < this.#levels) {
      const [coarsest] = maps.slice(-1);
      if (!coarsest) throw new TypeError("Cannot mix maps: there are none.");
      maps.push(pool2d(coarsest, { kind: "max", kernel: 1, stride: 2 }));
    }
    return maps;
  }
}
