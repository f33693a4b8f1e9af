/** `FPNHead` of mmsegmentation (Semantic FPN): every level is brought to the finest one, and summed. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { pointwise, type Tensor } from "@vicinity/tensor";
import { bilinear } from "./bilinear.ts";
import { ConvModule } from "./conv_module.ts";
import { Conv2d } from "./layers.ts";

/** Extents of the head. */
export interface SemanticFpnConfig {
  /** Channels of every level of the feature pyramid. */
  readonly input: number;
  /** Number of levels. */
  readonly levels: number;
  /** Channels of the head. */
  readonly channels: number;
  /** Number of classes. */
  readonly classes: number;
}

/** The head. */
export class SemanticFpnHead {
  readonly #scales: readonly (readonly ConvModule[])[];
  readonly #classify: Conv2d;

  /**
   * Declares `scale_heads` and `conv_seg`.
   *
   * @param parameters Collects the weights.
   * @param store Module that owns them.
   * @param config Extents.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { input, levels, channels, classes }: SemanticFpnConfig,
  ) {
    this.#scales = Array.from({ length: levels }, (_, level) =>
      Array.from(
        { length: Math.max(1, level) },
        // Between two convolutions the official list has an enlargement, which has no weights.
        (_, step) =>
          new ConvModule(parameters, store.at(`scale_heads.${level}.${2 * step}`), {
            out: channels,
            inputs: [step === 0 ? input : channels],
            size: 3,
          }),
      ));
    this.#classify = new Conv2d(parameters, store.at("conv_seg"), [classes, channels, 1, 1]);
  }

  /**
   * Classifies.
   *
   * @param maps Levels of the feature pyramid, fine to coarse, each half the size of the one before.
   * @returns Logits `[batch, height, width, classes]` at the finest map's size.
   */
  forward(maps: readonly Tensor[]): Tensor {
    let sum: Tensor | undefined;
    for (const [level, convs] of this.#scales.entries()) {
      const map = maps[level];
      if (!map) throw new TypeError(`Cannot segment: map ${level} is missing.`);
      const part = convs.reduce(
        (x, conv) => level === 0 ? conv.forward(x) : doubled(conv.forward(x)),
        map,
      );
      if (sum) {
        const [, rows = 0, cols = 0] = sum.shape;
        sum = pointwise("a + b", { a: sum, b: bilinear(part, [rows, cols]) });
      } else sum = part;
    }
    if (!sum) throw new TypeError("Cannot segment: there are no maps.");
    return this.#classify.forward(sum);
  }
}

function doubled(map: Tensor): Tensor {
  const [, rows = 0, cols = 0] = map.shape;
  return bilinear(map, [2 * rows, 2 * cols]);
}
