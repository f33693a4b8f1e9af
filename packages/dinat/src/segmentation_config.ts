/** Published segmenters on ADE20K as data. Sources: the official configuration files for mmsegmentation. */
import { denseBackbone, type Family, type Size } from "./config.ts";
import type { UperNetDinatConfig } from "./dense.ts";

/** A published segmenter. */
export interface SegmenterVariant {
  /** The network. */
  readonly network: UperNetDinatConfig;
  /** Most pixels of the sides of the network's input. */
  readonly input: { readonly longest: number; readonly shortest: number };
  /** Address of the official file below `https://shi-labs.com/projects/`. */
  readonly file: string;
}

/** Dilations; the pattern of a stage is repeated to its depth. */
const DILATIONS = {
  nat: [[1], [1], [1], [1]],
  dinat: [[1, 16, 1], [1, 4, 1, 8], [1, 2, 1, 3, 1, 4], [1, 2, 1, 2, 1]],
  dinat_s: [[1, 16], [1, 8], [1, 2, 1, 3, 1, 4], [1, 2]],
} as const;

/** Third stage of the large networks. */
const LARGE_THIRD = [1, 2, 1, 3, 1, 4, 1, 5, 1, 2, 1, 3, 1, 4, 1, 5, 1, 5] as const;
const LARGE_DILATIONS = {
  dinat: [[1, 20, 1], [1, 5, 1, 10], LARGE_THIRD, [1, 2, 1, 2, 1]],
  dinat_s: [[1, 20], [1, 10], LARGE_THIRD, [1, 2]],
} as const;

function upernet(
  family: Family,
  size: Size,
  file: string,
  dilations: readonly (readonly number[])[] = DILATIONS[family],
): SegmenterVariant {
  const backbone = denseBackbone(family, size, dilations);
  return {
    network: { backbone, channels: 512, classes: 150, poolScales: [1, 2, 3, 6] },
    // The test scale of every configuration, the large ones included.
    input: { longest: 2048, shortest: 512 },
    file,
  };
}

const NAT = "nat/checkpoints/SEG";
const DINAT = "dinat/checkpoints/ade20k";

/** Published segmenters by name. */
export const SEGMENTERS: Readonly<Record<string, SegmenterVariant>> = {
  "upernet-nat-mini": upernet("nat", "mini", `${NAT}/nat_mini_upernet.pth`),
  "upernet-nat-tiny": upernet("nat", "tiny", `${NAT}/nat_tiny_upernet.pth`),
  "upernet-nat-small": upernet("nat", "smallScaled", `${NAT}/nat_small_upernet.pth`),
  "upernet-nat-base": upernet("nat", "base", `${NAT}/nat_base_upernet.pth`),
  "upernet-dinat-mini": upernet("dinat", "mini", `${DINAT}/upernet_dinat_mini.pth`),
  "upernet-dinat-tiny": upernet("dinat", "tiny", `${DINAT}/upernet_dinat_tiny.pth`),
  "upernet-dinat-small": upernet("dinat", "small", `${DINAT}/upernet_dinat_small.pth`),
  "upernet-dinat-base": upernet("dinat", "base", `${DINAT}/upernet_dinat_base.pth`),
  "upernet-dinat-large": upernet(
    "dinat",
    "large",
    `${DINAT}/upernet_dinat_large.pth`,
    LARGE_DILATIONS.dinat,
  ),
  "upernet-dinat_s-tiny": upernet("dinat_s", "sTiny", `${DINAT}/upernet_dinat_s_tiny.pth`),
  "upernet-dinat_s-small": upernet("dinat_s", "sSmall", `${DINAT}/upernet_dinat_s_small.pth`),
  "upernet-dinat_s-base": upernet("dinat_s", "sBase", `${DINAT}/upernet_dinat_s_base.pth`),
  "upernet-dinat_s-large": upernet(
    "dinat_s",
    "sLarge",
    `${DINAT}/upernet_dinat_s_large.pth`,
    LARGE_DILATIONS.dinat_s,
  ),
};
