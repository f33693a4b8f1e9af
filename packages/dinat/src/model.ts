/** NAT, DiNAT, DiNAT_s and the isotropic models, under the official names. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { reduce, reshape, type Tensor } from "@vicinity/tensor";
import { Block } from "./block.ts";
import type { BackboneConfig, IsotropicConfig, StagedConfig } from "./config.ts";
import { LayerNorm, Linear } from "@vicinity/vision";
import { ConvDownsampler, ConvTokenizer, PatchEmbed, PatchMerging } from "./stem.ts";

/** What a stage gives: its tokens before and after the change of resolution. */
interface StageOutput {
  readonly tokens: Tensor;
  readonly next: Tensor;
}

/** `NATBlock`, `BasicLayer`: blocks of one resolution and the way to the next. */
class Stage {
  readonly #blocks: readonly Block[];
  readonly #downsample: ConvDownsampler | PatchMerging | undefined;

  constructor(parameters: Parameters, store: WeightStore, config: StagedConfig, index: number) {
    const dim = config.embedDim * 2 ** index;
    this.#blocks = (config.dilations[index] ?? []).map((dilation, block) =>
      new Block(parameters, store.at("blocks").at(block), {
        dim,
        heads: config.heads[index] ?? 1,
        mlpRatio: config.mlpRatio,
        attention: { kernel: config.kernel, dilation },
        layerScale: config.layerScale,
      })
    );
    if (index === config.depths.length - 1) return;
    const Downsample = config.layout === "nat" ? ConvDownsampler : PatchMerging;
    this.#downsample = new Downsample(parameters, store.at("downsample"), dim);
  }

  forward(x: Tensor): StageOutput {
    const tokens = this.#blocks.reduce((y, block) => block.forward(y), x);
    return { tokens, next: this.#downsample?.forward(tokens) ?? tokens };
  }
}

/** What a backbone gives, from the first map to the last. */
export interface Features {
  /** Tokens of the stem. */
  readonly stem: Tensor;
  /** Tokens of each stage before its change of resolution, not normed. */
  readonly stages: readonly Tensor[];
  /** Input of each following stage; of the last one its own tokens. */
  readonly downsampled: readonly Tensor[];
}

/** Stem and stages. */
export interface Backbone {
  /** Channels of the last stage. */
  readonly channels: number;
  /** `[batch, height, width, 3]`, normalised. */
  forward(x: Tensor): Features;
}

/**
 * Declares a backbone.
 *
 * @param parameters Collects its weights.
 * @param store Module that owns them.
 * @param config Which one.
 * @returns The backbone.
 */
export function makeBackbone(
  parameters: Parameters,
  store: WeightStore,
  config: BackboneConfig,
): Backbone {
  return config.layout === "isotropic"
    ? new IsotropicBackbone(parameters, store, config)
    : new StagedBackbone(parameters, store, config);
}

class StagedBackbone implements Backbone {
  readonly channels: number;
  readonly #stem: ConvTokenizer | PatchEmbed;
  readonly #stages: readonly Stage[];

  constructor(parameters: Parameters, store: WeightStore, config: StagedConfig) {
    const { embedDim, depths, layout } = config;
    const stem = store.at("patch_embed");
    this.#stem = layout === "nat"
      ? new ConvTokenizer(parameters, stem, embedDim)
      : new PatchEmbed(parameters, stem, embedDim, 4);
    const stages = store.at(layout === "nat" ? "levels" : "layers");
    this.#stages = depths.map((_, index) => new Stage(parameters, stages.at(index), config, index));
    this.channels = embedDim * 2 ** (depths.length - 1);
  }

  forward(x: Tensor): Features {
    const stem = this.#stem.forward(x);
    const outputs: StageOutput[] = [];
    let tokens = stem;
    for (const stage of this.#stages) {
      const output = stage.forward(tokens);
      outputs.push(output);
      tokens = output.next;
    }
    return {
      stem,
      stages: outputs.map((output) => output.tokens),
      downsampled: outputs.map(({ next }) => next),
    };
  }
}

class IsotropicBackbone implements Backbone {
  readonly channels: number;
  readonly #stem: PatchEmbed;
  readonly #blocks: readonly Block[];

  constructor(parameters: Parameters, store: WeightStore, config: IsotropicConfig) {
    const { embedDim: dim, heads, mlpRatio, patch, neighbours } = config;
    this.channels = dim;
    this.#stem = new PatchEmbed(parameters, store.at("patch_embed"), dim, patch);
    this.#blocks = Array.from(
      { length: config.depth },
      (_, layer) =>
        new Block(parameters, store.at("layers").at(layer), {
          ...{ dim, heads, mlpRatio, layerScale: false },
          attention: neighbours
            ? { kernel: neighbours.kernel, dilation: layer % 2 === 1 ? neighbours.dilation : 1 }
            : { side: config.imageSize / patch },
        }),
    );
  }

  forward(x: Tensor): Features {
    const stem = this.#stem.forward(x);
    const tokens = this.#blocks.reduce((y, block) => block.forward(y), stem);
    return { stem, stages: [tokens], downsampled: [tokens] };
  }
}

/** What a classifier gives. */
export interface Classification {
  /** `[batch, classes]`. */
  readonly logits: Tensor;
  /** Normed tokens of the last stage, `[batch, rows, cols, channels]`. */
  readonly normed: Tensor;
  /** What the backbone gave. */
  readonly features: Features;
}

/** Backbone, norm, mean over all tokens, linear layer. */
export class Classifier {
  readonly #backbone: Backbone;
  readonly #norm: LayerNorm;
  readonly #head: Linear;

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param store Module that owns them.
   * @param config The backbone.
   * @param classes Number of classes.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    config: BackboneConfig,
    classes: number,
  ) {
    this.#backbone = makeBackbone(parameters, store, config);
    const { channels } = this.#backbone;
    this.#norm = new LayerNorm(parameters, store.at("norm"), channels);
    this.#head = new Linear(parameters, store.at("head"), [channels, classes]);
  }

  /**
   * Classifies pictures.
   *
   * @param x `[batch, height, width, 3]`, normalised.
   * @returns Logits, and what led to them.
   */
  forward(x: Tensor): Classification {
    const features = this.#backbone.forward(x);
    const last = features.stages.at(-1);
    if (!last) throw new TypeError("Cannot classify: the backbone has no stages.");
    const normed = this.#norm.forward(last);
    const [batch = 0, rows = 0, cols = 0, channels = 0] = normed.shape;
    const pooled = reduce(reshape(normed, [batch, rows * cols, channels]), "mean", { axis: 1 });
    return { logits: this.#head.forward(pooled), normed, features };
  }
}
