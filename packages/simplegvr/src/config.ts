/** Configurations of the networks. */

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
