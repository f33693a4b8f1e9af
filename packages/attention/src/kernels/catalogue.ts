/** Kernels of every family in every variant, for checking them all with a strict compiler. */
import type { Kernel } from "@vicinity/tensor";
import type { AccessSpec } from "./access.ts";
import { fusedKeys, placeConvolution } from "./fused_keys.ts";
import type { NeighbourSpec } from "./neighbour_access.ts";
import { neighbourPatches } from "./neighbour_patches.ts";
import type { PatchSpec } from "../wgsl/patch_spec.ts";
import { selectBlocks, windowMeans } from "./select_blocks.ts";
import { splitHeads } from "./split_heads.ts";
import { stream, type StreamSpec } from "./stream.ts";
import { tile } from "./tile.ts";

const BOTH = [false, true] as const;

const ACCESSES: readonly AccessSpec[] = BOTH.flatMap((bias) =>
  BOTH.flatMap((mask) => [
    { tables: false, listed: false, bias, mask },
    { tables: true, listed: false, bias, mask },
    ...(bias ? [] : [{ tables: false, listed: false, segments: true, bias, mask }]),
    ...(bias ? [] : [{ tables: true, listed: true, bias, mask }]),
  ])
);

/** All tokens, without bias or mask. */
const DENSE: AccessSpec = { tables: false, listed: false, bias: false, mask: false };

/** Neighbourhoods along one, two and three axes. */
const GRIDS: readonly NeighbourSpec[] = [
  { kernel: [1, 1, 11], tile: [1, 1, 32], union: [1, 1, 42] },
  { kernel: [1, 7, 7], tile: [1, 4, 8], union: [1, 10, 14] },
  { kernel: [3, 5, 5], tile: [1, 4, 4], union: [3, 8, 8] },
];

const NEIGHBOURS: readonly AccessSpec[] = BOTH.flatMap((bias) =>
  GRIDS.map((neighbours) => ({ tables: false, listed: false, bias, mask: bias, neighbours }))
);

/** Tiles that slide, that hold all of an axis, of 4, 8 and 16 lanes, along one, two and three axes. */
const PATCHES: readonly Omit<PatchSpec, "bias">[] = [
  {
    ...{ kernel: [1, 1, 11], patch: [1, 1, 16], stack: [1, 1, 4], union: [1, 1, 74] },
    whole: [true, true, false],
  },
  {
    ...{ kernel: [1, 7, 7], patch: [1, 1, 8], stack: [1, 4, 1], union: [1, 10, 14] },
    whole: [true, false, false],
  },
  {
    ...{ kernel: [1, 7, 7], patch: [1, 2, 4], stack: [1, 4, 2], union: [1, 8, 7] },
    whole: [true, true, true],
  },
  {
    ...{ kernel: [3, 5, 5], patch: [1, 2, 2], stack: [2, 1, 1], union: [4, 6, 6] },
    whole: [false, false, false],
  },
];

/** The lanes that common adapters have, and tiles from the smallest to the largest. */
const STREAMS: readonly Omit<StreamSpec, keyof AccessSpec | "exact">[] = [
  { variant: "lanes", lanes: 4, rows: 1, keys: 4 },
  { variant: "lanes", lanes: 8, rows: 3, keys: 49 },
  { variant: "lanes", lanes: 8, rows: 4, keys: 64 },
  { variant: "lanes", lanes: 16, rows: 4, keys: 32 },
  { variant: "registers", lanes: 8, rows: 4, keys: 16 },
  { variant: "registers", lanes: 32, rows: 1, keys: 8 },
];

/**
 * Lists the kernels.
 *
 * @returns One kernel a variant.
 */
export function catalogue(): Kernel[] {
  return [
    ...NEIGHBOURS.flatMap((access) => [
      ...STREAMS.map((shape) => stream({ ...access, ...shape, exact: false })),
      tile({ ...access, columns: 1 }),
    ]),
    ...PATCHES.flatMap((spec) => BOTH.map((bias) => neighbourPatches({ ...spec, bias }))),
    ...ACCESSES.flatMap((access) =>
      STREAMS.map((shape) => stream({ ...access, ...shape, exact: false }))
    ),
    ...STREAMS.map((shape) => stream({ ...DENSE, ...shape, exact: true })),
    ...ACCESSES.flatMap((access) => [1, 2, 3, 4].map((columns) => tile({ ...access, columns }))),
    windowMeans(),
    ...[7, 28, 84].flatMap((width) =>
      [1, 2].flatMap((groups) =>
        ([["workgroup", 1], ["invocation", 1], ["invocation", 7]] as const).map((
          [variant, places],
        ) => fusedKeys({ variant, width, padded: 4 * Math.ceil(width / 4), groups, places }))
      )
    ),
    placeConvolution({ size: 7 }),
    ...[1, 6, 32].map((quads) => selectBlocks({ quads })),
    ...(["none", "pairs"] as const).flatMap((rotary) =>
      BOTH.map((vector) => splitHeads({ rotary, vector }))
    ),
    splitHeads({ rotary: "fours", vector: true }),
  ];
}
