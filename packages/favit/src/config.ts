/** Every published classifier, as data. Sources: section 3 of the paper and the official code. */

/** The four stages of a network. */
export interface FavitConfig {
  /** Channels of each stage. */
  readonly embedDims: readonly number[];
  /** Heads of each stage's local attention. */
  readonly heads: readonly number[];
  /** Width of the MLP in channels, in each stage. */
  readonly mlpRatios: readonly number[];
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /**
   * Rows and columns that a global key stands for, in each stage; also the distance between the places
   * of the dilated windows.
   */
  readonly srRatios: readonly number[];
}

/** Where the authors publish their code. */
export const OFFICIAL_SITE = "https://github.com/q2479036243/FaViT";

/** A published classifier; the authors publish its configuration, but no weights. */
export interface Variant {
  /** The network. */
  readonly backbone: FavitConfig;
  /** Pixels of the square input. */
  readonly imageSize: number;
  /** Part of the resized picture's shorter side that the crop keeps. */
  readonly cropShare: number;
  /** Name that the official code gives to its file. */
  readonly file: string;
}

/**
 * A backbone of the published form.
 *
 * @param embedDim Channels of the first stage; they double from stage to stage.
 * @param depths Blocks of each stage.
 * @returns Its configuration.
 */
function backbone(embedDim: number, depths: readonly number[]): FavitConfig {
  return {
    embedDims: [1, 2, 4, 8].map((factor) => factor * embedDim),
    heads: [1, 2, 4, 8],
    mlpRatios: [8, 6, 4, 4],
    depths,
    srRatios: [8, 4, 2, 1],
  };
}

/** Names of the published sizes. */
export type Size = "favit-b0" | "favit-b1" | "favit-b2" | "favit-b3";

/** The published backbones by name. */
export const BACKBONES: Readonly<Record<Size, FavitConfig>> = {
  "favit-b0": backbone(32, [2, 2, 6, 2]),
  "favit-b1": backbone(64, [2, 2, 6, 2]),
  "favit-b2": backbone(64, [2, 3, 18, 3]),
  "favit-b3": backbone(96, [2, 3, 14, 3]),
};

/** Published classifiers by name. The number of classes is read from `head.weight`. */
export const VARIANTS: Readonly<Record<string, Variant>> = Object.fromEntries(
  Object.entries(BACKBONES).map(([name, backbone]) => [name, {
    backbone,
    imageSize: 224,
    cropShare: 0.875,
    file: `${name.replace("-", "_")}.pth`,
  }]),
);

/** Pixels of the shortest side that the network takes: below, a stage is too small for its windows. */
export const LEAST_SIDE = 97;
