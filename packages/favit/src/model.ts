/** FaViT, under the official names. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { pad, reduce, reshape, type Tensor } from "@vicinity/tensor";
import { Conv2d, LayerNorm, Linear } from "@vicinity/vision";
import { Block, NORM_EPS } from "./block.ts";
import { type FavitConfig, LEAST_SIDE } from "./config.ts";
import { PixelRowConv2d } from "./pixel_row_conv.ts";

/** `OverlapPatchEmbed`: one convolution whose patches overlap, then a norm. */
class PatchEmbed {
  readonly #proj: Conv2d | PixelRowConv2d;
  readonly #norm: LayerNorm;

  constructor(
    parameters: Parameters,
    store: WeightStore,
    [input, dim]: readonly [number, number],
    { taps, stride }: { readonly taps: number; readonly stride: number },
  ) {
    const proj = store.at("proj");
    this.#proj = input % 4 === 0
      ? new Conv2d(parameters, proj, [dim, input, taps, taps], {
        stride,
        padding: Math.floor(taps / 2),
      })
      : new PixelRowConv2d(parameters, proj, [dim, input, taps], stride);
    this.#norm = new LayerNorm(parameters, store.at("norm"), dim);
  }

  forward(x: Tensor): Tensor {
    return this.#norm.forward(this.#proj.forward(x));
  }
}

/** What a stage gives. */
export interface StageOutput {
  /** Its tokens before the first block, `[batch, rows, cols, channels]`. */
  readonly embedded: Tensor;
  /** Its tokens behind the norm, which are also the input of the next stage. */
  readonly normed: Tensor;
}

/** `patch_embed`, `block` and `norm` of one number. */
class Stage {
  readonly #embed: PatchEmbed;
  readonly #blocks: readonly Block[];
  readonly #norm: LayerNorm;

  constructor(parameters: Parameters, store: WeightStore, config: FavitConfig, index: number) {
    const dim = config.embedDims[index] ?? 0;
    const input = config.embedDims[index - 1] ?? 3;
    const name = index + 1;
    this.#embed = new PatchEmbed(
      parameters,
      store.at(`patch_embed${name}`),
      [input, dim],
      index === 0 ? { taps: 7, stride: 4 } : { taps: 3, stride: 2 },
    );
    this.#blocks = Array.from(
      { length: config.depths[index] ?? 0 },
      (_, block) =>
        new Block(parameters, store.at(`block${name}`).at(block), {
          dim,
          heads: config.heads[index] ?? 1,
          reduction: config.srRatios[index] ?? 1,
          mlpRatio: config.mlpRatios[index] ?? 4,
        }),
    );
    this.#norm = new LayerNorm(parameters, store.at(`norm${name}`), dim, { eps: NORM_EPS });
  }

  forward(x: Tensor): StageOutput {
    const embedded = this.#embed.forward(x);
    const tokens = this.#blocks.reduce((y, block) => block.forward(y), embedded);
    return { embedded, normed: this.#norm.forward(tokens) };
  }
}

/** The four stages, as `FaViT` of the detection and segmentation code. */
export class Favit {
  /** Channels of each stage's map. */
  readonly channels: readonly number[];
  readonly #stages: readonly Stage[];

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param store Module that owns them.
   * @param config The network.
   */
  constructor(parameters: Parameters, store: WeightStore, config: FavitConfig) {
    this.channels = config.embedDims;
    this.#stages = config.depths.map((_, index) => new Stage(parameters, store, config, index));
  }

  /**
   * Maps at strides 4, 8, 16 and 32. A picture below 97 pixels along an axis gets zeros at its right
   * and bottom, since its maps would be too small for the windows.
   *
   * @param x `[batch, height, width, 3]`, normalised.
   * @returns What each stage gives.
   */
  forward(x: Tensor): StageOutput[] {
    const outputs: StageOutput[] = [];
    let map = enlarged(x);
    for (const stage of this.#stages) {
      const output = stage.forward(map);
      outputs.push(output);
      map = output.normed;
    }
    return outputs;
  }
}

/** Zeros at the right and bottom up to the shortest side that the network takes. */
function enlarged(x: Tensor): Tensor {
  const [, height = 0, width = 0] = x.shape;
  const [bottom, right] = [height, width].map((side) => Math.max(0, LEAST_SIDE - side));
  if (!bottom && !right) return x;
  return pad(x, { bottom: bottom ?? 0, right: right ?? 0 }, "zero");
}

/** What a classifier gives. */
export interface Classification {
  /** `[batch, classes]`. */
  readonly logits: Tensor;
  /** What the stages gave. */
  readonly stages: readonly StageOutput[];
}

/** Stages, mean over all tokens, linear layer. */
export class FavitClassifier {
  readonly #backbone: Favit;
  readonly #head: Linear;

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param store Module that owns them.
   * @param config The stages.
   * @param classes Number of classes.
   */
  constructor(parameters: Parameters, store: WeightStore, config: FavitConfig, classes: number) {
    this.#backbone = new Favit(parameters, store, config);
    const channels = config.embedDims.at(-1) ?? 0;
    this.#head = new Linear(parameters, store.at("head"), [channels, classes]);
  }

  /**
   * Classifies pictures.
   *
   * @param x `[batch, height, width, 3]`, normalised.
   * @returns Logits, and what led to them.
   */
  forward(x: Tensor): Classification {
    const stages = this.#backbone.forward(x);
    const last = stages.at(-1)?.normed;
    if (!last) throw new TypeError("Cannot classify: the network has no stages.");
    const [batch = 0, rows = 0, cols = 0, channels = 0] = last.shape;
    const pooled = reduce(reshape(last, [batch, rows * cols, channels]), "mean", { axis: 1 });
    return { logits: this.#head.forward(pooled), stages };
  }
}
