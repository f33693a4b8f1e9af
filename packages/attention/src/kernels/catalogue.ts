/** Kernels of every family in every variant, for checking them all with a strict compiler. */
import type { Kernel } from "@vicinity/tensor";
import { gathered, type GatheredSpec } from "./gathered.ts";
import { selectBlocks, windowMeans } from "./select_blocks.ts";
import { splitHeads } from "./split_heads.ts";

/** Head widths from the smallest to 128, and the lanes that common adapters have. */
const GATHERED: readonly Omit<GatheredSpec, "listed">[] = [
  { variant: "broadcast", quads: 8, lanes: 8, rows: 2 },
  { variant: "broadcast", quads: 16, lanes: 4, rows: 1 },
  { variant: "broadcast", quads: 32, lanes: 32, rows: 1 },
  { variant: "plain", quads: 1, lanes: 64, rows: 1 },
  { variant: "plain", quads: 16, lanes: 8, rows: 2 },
];

/**
 * Lists the kernels.
 *
 * @returns One kernel a variant.
 */
export function catalogue(): Kernel[] {
  return [
    ...GATHERED.flatMap((spec) => [false, true].map((listed) => gathered({ ...spec, listed }))),
    windowMeans(),
    ...[1, 4].map((picked) => selectBlocks({ quads: 6, picked })),
    ...[false, true].map((rotary) => splitHeads({ rotary })),
  ];
}
