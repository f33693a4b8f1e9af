/** Configurations of the networks, and every variant as data. */

/** The autoencoder: Wan2.1's, with the options that make it a MiniVAE. */
export interface VaeConfig {
  /** Width of the first level. */
  readonly dim: number;
  /** Width factors per level. */
  readonly dimMult: readonly number[];
  /** Residual blocks per encoder level; the decoder has one more. */
  readonly numResBlocks: number;
  /** Which downsamplings halve time too. */
  readonly temporal: readonly boolean[];
  /** Channels of the latent. */
  readonly zDim: number;
  /** Side of the pixel patches that become channels; 1 for plain RGB input. */
  readonly patch: number;
  /** The decoder sees the enlarged low-resolution picture. */
  readonly cond: boolean;
  /** Attention between the middle blocks. */
  readonly midAttn: boolean;
  /** The decoder's output is added to the enlarged low-resolution picture. */
  readonly residual: boolean;
  /** Factor of the decoder's output before that addition. */
  readonly resScale: number;
}

/** The latent upsampler. */
export interface UpsamplerConfig {
  /** Two convolutions, or four residual blocks. */
  readonly variant: "conv" | "res3d";
  /** Width between them. */
  readonly hidden: number;
  /** Doublings of time inside `res3d`. */
  readonly tLevels: number;
}

/** Who attends to whom in the transformer. */
export interface AttentionConfig {
  /** `full` inside a unit, or windows with their most relevant partners. */
  readonly type: "full" | "sparse_local";
  /** Rows and columns of a window, in tokens. */
  readonly window: readonly [number, number];
  /** Partner windows a window. */
  readonly topk: number;
  /** Latent frames of a temporal unit; 0 for the whole clip. */
  readonly unit: number;
  /** Frames by which odd layers shift the units. */
  readonly shift: number;
}

/** The diffusion transformer, Wan2.1's layers. */
export interface DitConfig {
  /** Channels of its input: noisy latent and condition. */
  readonly inDim: number;
  /** Channels of its output. */
  readonly outDim: number;
  /** Token patch in time, height and width. */
  readonly patchSize: readonly [number, number, number];
  /** Width of a token. */
  readonly dim: number;
  /** Width inside the feed-forward layers. */
  readonly ffnDim: number;
  /** Attention heads. */
  readonly numHeads: number;
  /** Blocks. */
  readonly numLayers: number;
  /** Width of the sinusoidal time embedding. */
  readonly freqDim: number;
  /** Blocks attend to a text context. */
  readonly crossAttn: boolean;
  /** Width of the context's rows. */
  readonly textDim: number;
  /** Rows that the context is padded to. */
  readonly textLen: number;
  /** Who attends to whom. */
  readonly attention: AttentionConfig;
}

/** The network between the latents: upsampler and transformer. */
export interface NetConfig {
  /** Channels of the latent. */
  readonly zDim: number;
  /** Channels of the condition that the upsampler makes. */
  readonly condDim: number;
  /** The upsampler. */
  readonly upsampler: UpsamplerConfig;
  /** The transformer. */
  readonly dit: DitConfig;
}

/** A whole model file. */
export interface SimpleGvrConfig {
  /** The autoencoder. */
  readonly vae: VaeConfig;
  /** The network between the latents. */
  readonly net: NetConfig;
  /**
   * Frames of the clips that it was trained on; a longer video is cut into such clips, since what
   * layers remember of more frames is nothing they have seen. 0 for no limit.
   */
  readonly clip: number;
}

/**
 * Pixels a latent position spans in height and width.
 *
 * @param config The autoencoder's configuration.
 * @returns The stride.
 */
export function spatialStride(config: VaeConfig): number {
  return config.patch * 2 ** (config.dimMult.length - 1);
}

/**
 * Frames a latent frame spans, the first one apart.
 *
 * @param config The autoencoder's configuration.
 * @returns The stride in time.
 */
export function temporalStride(config: VaeConfig): number {
  return 2 ** config.temporal.filter(Boolean).length;
}

/** The paper's windows and units: top-1 partners of windows of 9 × 12 tokens, units of 5 latent frames. */
const SPARSE_LOCAL: AttentionConfig = {
  type: "sparse_local",
  window: [9, 12],
  topk: 1,
  unit: 5,
  shift: 2,
};

/** What all transformers without text have in common. */
const NO_TEXT = { crossAttn: false, textDim: 0, textLen: 0 } as const;

/** Wan2.1's autoencoder: 8 × 8 pixels and 4 frames a latent position. */
const WAN_VAE: VaeConfig = {
  dim: 96,
  dimMult: [1, 2, 4, 4],
  numResBlocks: 2,
  temporal: [false, true, true],
  zDim: 16,
  patch: 1,
  cond: false,
  midAttn: true,
  residual: false,
  resScale: 1,
};

/** An autoencoder that keeps every frame, whose decoder adds to the enlarged picture. */
const RESIDUAL_VAE = {
  numResBlocks: 1,
  cond: true,
  midAttn: false,
  residual: true,
  resScale: 0.1,
} as const;

/** Widths of a network that works on residual autoencoders of 4 × 4 pixels a latent position. */
interface MiniWidths {
  readonly vaeDim: number;
  readonly zDim: number;
  readonly hidden: number;
  readonly dim: number;
  readonly heads: number;
  readonly layers: number;
}

function mini({ vaeDim, zDim, hidden, dim, heads, layers }: MiniWidths): SimpleGvrConfig {
  const condDim = 32;
  return {
    vae: { ...RESIDUAL_VAE, dim: vaeDim, dimMult: [1, 2], temporal: [false], zDim, patch: 2 },
    net: {
      zDim,
      condDim,
      upsampler: { variant: "res3d", hidden, tLevels: 0 },
      dit: {
        ...NO_TEXT,
        inDim: zDim + condDim,
        outDim: zDim,
        patchSize: [1, 1, 1],
        dim,
        ffnDim: 4 * dim,
        numHeads: heads,
        numLayers: layers,
        freqDim: 64,
        attention: SPARSE_LOCAL,
      },
    },
    clip: 0,
  };
}

/** Widths of a network on Wan2.1's latents. */
type WanWidths = Pick<DitConfig, "dim" | "ffnDim" | "numHeads" | "numLayers"> & {
  readonly hidden: number;
  readonly text?: Pick<DitConfig, "crossAttn" | "textDim" | "textLen">;
};

function onWan({ hidden, text = NO_TEXT, ...widths }: WanWidths): SimpleGvrConfig {
  const { zDim } = WAN_VAE;
  return {
    vae: WAN_VAE,
    net: {
      zDim,
      condDim: zDim,
      upsampler: { variant: "res3d", hidden, tLevels: 2 },
      dit: {
        ...widths,
        ...text,
        inDim: 2 * zDim,
        outDim: zDim,
        patchSize: [1, 2, 2],
        freqDim: 256,
        attention: SPARSE_LOCAL,
      },
    },
    clip: 0,
  };
}

/** The shipped network: one level over patches of 4 × 4 pixels, so that most work is in large products. */
const SHIPPED: SimpleGvrConfig = {
  vae: { ...RESIDUAL_VAE, dim: 72, dimMult: [1], temporal: [], zDim: 32, patch: 4 },
  net: {
    zDim: 32,
    condDim: 32,
    upsampler: { variant: "res3d", hidden: 48, tLevels: 0 },
    dit: {
      ...NO_TEXT,
      inDim: 64,
      outDim: 32,
      patchSize: [1, 2, 2],
      dim: 144,
      ffnDim: 576,
      numHeads: 4,
      numLayers: 5,
      freqDim: 64,
      attention: { ...SPARSE_LOCAL, window: [8, 8] },
    },
  },
  clip: 5,
};

/** Names of the variants. */
export type VariantName =
  | "simplegvr-mini-xs"
  | "mini-xs"
  | "mini-s"
  | "mini-m"
  | "base"
  | "large"
  | "wan1.3b";

/**
 * Sizes of the network by name. The authors published none; `simplegvr-mini-xs` is the file that is
 * shipped, the `mini` sizes have two levels over patches of 2 × 2 pixels, and the others work on Wan2.1's
 * latents, up to the paper's scale. Files say themselves what they are; this is for training and for
 * weights without a description.
 *
 * @example
 * ```ts
 * import { spatialStride, VARIANTS } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.equal(spatialStride(VARIANTS["mini-s"].vae), 4);
 * ```
 */
export const VARIANTS: Readonly<Record<VariantName, SimpleGvrConfig>> = {
  "simplegvr-mini-xs": SHIPPED,
  "mini-xs": mini({ vaeDim: 24, zDim: 16, hidden: 48, dim: 72, heads: 3, layers: 4 }),
  "mini-s": mini({ vaeDim: 32, zDim: 16, hidden: 64, dim: 96, heads: 4, layers: 6 }),
  "mini-m": mini({ vaeDim: 48, zDim: 24, hidden: 96, dim: 128, heads: 4, layers: 8 }),
  base: onWan({ hidden: 128, dim: 384, ffnDim: 1536, numHeads: 6, numLayers: 12 }),
  large: onWan({ hidden: 256, dim: 768, ffnDim: 3072, numHeads: 12, numLayers: 18 }),
  "wan1.3b": onWan({
    hidden: 512,
    dim: 1536,
    ffnDim: 8960,
    numHeads: 12,
    numLayers: 30,
    text: { crossAttn: true, textDim: 4096, textLen: 512 },
  }),
};
