/** Every published classifier, as data. Sources: section 3 of each paper and the official code. */

/** NAT and DiNAT (`nat`) or DiNAT_s (`dinat_s`): four stages of falling resolution. */
export interface StagedConfig {
  /** Stem, downsampling and names of the keys. */
  readonly layout: "nat" | "dinat_s";
  /** Channels of the first stage; they double from stage to stage. */
  readonly embedDim: number;
  /** Width of the MLP in channels. */
  readonly mlpRatio: number;
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Heads of each stage. */
  readonly heads: readonly number[];
  /** Neighbours along each axis. */
  readonly kernel: number;
  /** Distance between neighbours, for each block of each stage; no checkpoint stores it. */
  readonly dilations: readonly (readonly number[])[];
  /** Whether blocks have `gamma1` and `gamma2`. */
  readonly layerScale: boolean;
}

/** NAT-iso, DiNAT-iso and ViT-rpb: one resolution. */
export interface IsotropicConfig {
  /** Tag. */
  readonly layout: "isotropic";
  /** Channels. */
  readonly embedDim: number;
  /** Width of the MLP in channels. */
  readonly mlpRatio: number;
  /** Blocks. */
  readonly depth: number;
  /** Heads. */
  readonly heads: number;
  /** Pixels of a patch. */
  readonly patch: number;
  /** Pixels of the square input. */
  readonly imageSize: number;
  /** Neighbours along each axis and the distance in odd layers; all tokens when absent. */
  readonly neighbours?: { readonly kernel: number; readonly dilation: number };
}

/** A network without its classifier. */
export type BackboneConfig = StagedConfig | IsotropicConfig;

/** Where the authors publish their files. */
export const OFFICIAL_SITE = "https://shi-labs.com/projects/";

/** A published classifier. */
export interface Variant {
  /** The network. */
  readonly backbone: BackboneConfig;
  /** Pixels of the square input. */
  readonly imageSize: number;
  /** Part of the resized picture that the crop keeps. */
  readonly cropShare: number;
  /** Classes of the official file. */
  readonly classes: number;
  /** Address of the official file below {@link OFFICIAL_SITE}. */
  readonly file: string;
}

type Sizes = Pick<StagedConfig, "embedDim" | "mlpRatio" | "depths" | "heads" | "layerScale">;

const sizes = (
  embedDim: number,
  mlpRatio: number,
  third: number,
  firstHeads: number,
  layerScale = false,
): Sizes => ({
  embedDim,
  mlpRatio,
  depths: mlpRatio === 4 ? [2, 2, third, 2] : [3, 4, third, 5],
  heads: [1, 2, 4, 8].map((factor) => factor * firstHeads),
  layerScale,
});

/** The published sizes; only NAT's small one has layer scale, DiNAT's has not. */
const SIZES = {
  mini: sizes(64, 3, 6, 2),
  tiny: sizes(64, 3, 18, 2),
  small: sizes(96, 2, 18, 3),
  smallScaled: sizes(96, 2, 18, 3, true),
  base: sizes(128, 2, 18, 4, true),
  large: sizes(192, 2, 18, 6),
  sTiny: sizes(96, 4, 6, 3),
  sSmall: sizes(96, 4, 18, 3),
  sBase: sizes(128, 4, 18, 4),
  sLarge: sizes(192, 4, 18, 6),
};

/** Name of a published size. */
export type Size = keyof typeof SIZES;

/** The published families; NAT is DiNAT whose neighbours are next to each other. */
export type Family = "nat" | "dinat" | "dinat_s";

/**
 * A backbone of a dense task.
 *
 * @param family Which layout.
 * @param size Which size.
 * @param dilations For each stage a pattern that is repeated to its depth.
 * @returns Its configuration.
 */
export function denseBackbone(
  family: Family,
  size: Size,
  dilations: readonly (readonly number[])[],
): StagedConfig {
  const sizes = SIZES[size];
  return {
    layout: family === "dinat_s" ? "dinat_s" : "nat",
    ...sizes,
    kernel: 7,
    dilations: sizes.depths.map((depth, stage) => {
      const pattern = dilations[stage] ?? [1];
      return Array.from({ length: depth }, (_, block) => pattern[block % pattern.length] ?? 1);
    }),
  };
}

/** 1 in even blocks and the stage's dilation in odd ones. */
function alternate(depths: readonly number[], dilations: readonly number[]): number[][] {
  return depths.map((depth, stage) =>
    Array.from({ length: depth }, (_, block) => block % 2 === 1 ? dilations[stage] ?? 1 : 1)
  );
}

function staged(
  layout: StagedConfig["layout"],
  size: Sizes,
  dilations: readonly number[],
  kernel = 7,
): StagedConfig {
  return { layout, ...size, kernel, dilations: alternate(size.depths, dilations) };
}

function isotropic(heads: number, neighbours?: IsotropicConfig["neighbours"]): IsotropicConfig {
  return {
    layout: "isotropic",
    embedDim: 32 * heads,
    mlpRatio: 4,
    depth: 12,
    heads,
    patch: 16,
    imageSize: 224,
    ...(neighbours ? { neighbours } : {}),
  };
}

/** Dilations of the four stages at 224 and at 384 pixels with 7 neighbours. */
const AT_224 = [8, 4, 2, 1];
const AT_384 = [13, 6, 3, 1];
const NONE = [1, 1, 1, 1];

function small(backbone: BackboneConfig, file: string): Variant {
  return { backbone, imageSize: 224, cropShare: 0.875, classes: 1000, file };
}

function large(backbone: BackboneConfig, file: string): Variant {
  return { backbone, imageSize: 384, cropShare: 1, classes: 1000, file };
}

/** A classifier of the classes of all of ImageNet. */
function ofAllClasses(variant: Variant): Variant {
  return { ...variant, classes: 21_841 };
}

const IN1K = "dinat/checkpoints/imagenet1k";
const IN22K = "dinat/checkpoints/imagenet22k";
const ISO = "dinat/checkpoints/isotropic";

/** Published classifiers by name. The number of a file's classes is read from `head.weight`. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  "nat-mini": small(staged("nat", SIZES.mini, NONE), "nat/checkpoints/CLS/nat_mini.pth"),
  "nat-tiny": small(staged("nat", SIZES.tiny, NONE), "nat/checkpoints/CLS/nat_tiny.pth"),
  "nat-small": small(staged("nat", SIZES.smallScaled, NONE), "nat/checkpoints/CLS/nat_small.pth"),
  "nat-base": small(staged("nat", SIZES.base, NONE), "nat/checkpoints/CLS/nat_base.pth"),
  "dinat-mini": small(staged("nat", SIZES.mini, AT_224), `${IN1K}/dinat_mini_in1k_224.pth`),
  "dinat-tiny": small(staged("nat", SIZES.tiny, AT_224), `${IN1K}/dinat_tiny_in1k_224.pth`),
  "dinat-small": small(staged("nat", SIZES.small, AT_224), `${IN1K}/dinat_small_in1k_224.pth`),
  "dinat-base": small(staged("nat", SIZES.base, AT_224), `${IN1K}/dinat_base_in1k_224.pth`),
  "dinat-large": small(
    staged("nat", SIZES.large, AT_224),
    `${IN1K}/dinat_large_in22k_in1k_224.pth`,
  ),
  "dinat-large-384": large(
    staged("nat", SIZES.large, AT_384),
    `${IN1K}/dinat_large_in22k_in1k_384.pth`,
  ),
  "dinat-large-384-11x11": large(
    staged("nat", SIZES.large, AT_224, 11),
    `${IN1K}/dinat_large_in22k_in1k_384_11x11.pth`,
  ),
  "dinat-large-in22k": ofAllClasses(
    small(staged("nat", SIZES.large, AT_224), `${IN22K}/dinat_large_in22k_224.pth`),
  ),
  "dinat-large-in22k-11x11": small(
    staged("nat", SIZES.large, AT_224, 11),
    `${IN22K}/dinat_large_in22k_224_11x11interp.pth`,
  ),
  "dinat_s-tiny": small(
    staged("dinat_s", SIZES.sTiny, AT_224),
    `${IN1K}/dinat_s_tiny_in1k_224.pth`,
  ),
  "dinat_s-small": small(
    staged("dinat_s", SIZES.sSmall, AT_224),
    `${IN1K}/dinat_s_small_in1k_224.pth`,
  ),
  "dinat_s-base": small(
    staged("dinat_s", SIZES.sBase, AT_224),
    `${IN1K}/dinat_s_base_in1k_224.pth`,
  ),
  "dinat_s-large": small(
    staged("dinat_s", SIZES.sLarge, AT_224),
    `${IN1K}/dinat_s_large_in1k_224.pth`,
  ),
  "dinat_s-large-384": large(
    staged("dinat_s", SIZES.sLarge, AT_384),
    `${IN1K}/dinat_s_large_in1k_384.pth`,
  ),
  "dinat_s-large-in22k": ofAllClasses(
    small(staged("dinat_s", SIZES.sLarge, AT_224), `${IN22K}/dinat_s_large_in22k_224.pth`),
  ),
  "nat_iso-small": small(
    isotropic(12, { kernel: 7, dilation: 1 }),
    `${ISO}/nat_isotropic_small_in1k_224.pth`,
  ),
  "nat_iso-base": small(
    isotropic(24, { kernel: 7, dilation: 1 }),
    `${ISO}/nat_isotropic_base_in1k_224.pth`,
  ),
  "dinat_iso-small": small(
    isotropic(12, { kernel: 7, dilation: 2 }),
    `${ISO}/dinat_isotropic_small_in1k_224.pth`,
  ),
  "dinat_iso-base": small(
    isotropic(24, { kernel: 7, dilation: 2 }),
    `${ISO}/dinat_isotropic_base_in1k_224.pth`,
  ),
  "vitrpb-small": small(isotropic(12), `${ISO}/vitrpb_small_in1k_224.pth`),
  "vitrpb-base": small(isotropic(24), `${ISO}/vitrpb_base_in1k_224.pth`),
};
