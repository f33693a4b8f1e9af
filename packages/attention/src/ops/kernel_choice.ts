/** Which kernel runs an attention, and with which tile. */
import {
  broadcastLanes,
  type Caps,
  lanesFor,
  MAX_CPU_ITERATIONS,
  tunedVariant,
} from "@vicinity/tensor";
import type { AccessSpec } from "../kernels/access.ts";
import type { StreamSpec } from "../kernels/stream.ts";
import { MAX_TILE_QUADS } from "../kernels/tile.ts";
import { product } from "../wgsl/patch_spec.ts";

/**
 * How an attention runs: keys broadcast within a subgroup (CPU adapters), the same without
 * subgroups, tiles in workgroup memory (GPUs), scores in memory (dense attention only), or all scores
 * of a patch of queries in registers (neighbourhoods on CPU adapters).
 */
export type AttentionVariant = "lanes" | "registers" | "tile" | "scores" | "patches";

/** What the choice depends on. */
export interface AttentionExtents {
  /** Width of a head in fours. */
  readonly quads: number;
  /** Query slots of a group. */
  readonly queries: number;
  /** Key slots of a block. */
  readonly keys: number;
  /** Blocks of keys that a group sees. */
  readonly blocks: number;
}

/** Lanes without subgroups: those of a CPU's vectors, and of a GPU. */
const PLAIN_LANES = { cpu: 8, gpu: 32 };

/**
 * The variant that suits an adapter.
 *
 * @param caps Facts about the adapter.
 * @param spec Who attends to whom.
 * @param extents Sizes.
 * @param call Whether the result is a part of a wider tensor, and whether patches of queries can run.
 * @returns The variant.
 */
export function chooseVariant(
  caps: Caps,
  spec: AccessSpec,
  extents: AttentionExtents,
  { partial = false, patches = false }: { partial?: boolean; patches?: boolean } = {},
): AttentionVariant {
  const plain = !partial && !spec.tables && !spec.neighbours && !spec.segments && !spec.bias &&
    !spec.mask;
  const canBroadcast = broadcastLanes(caps) > 0;
  const { quads, queries } = extents;
  const keys = extents.keys * extents.blocks;
  const trusted = (variant: "registers" | "lanes") =>
    !caps.isCpu ||
    streamIterations(streamSpec(caps, spec, { ...extents, variant }), extents) <=
      MAX_CPU_ITERATIONS;
  const width = 4 * quads;
  const feasible: readonly AttentionVariant[] = [
    ...(trusted("registers") ? ["registers"] as const : []),
    ...(canBroadcast && trusted("lanes") ? ["lanes"] as const : []),
    ...(quads <= MAX_TILE_QUADS ? ["tile"] as const : []),
    ...(plain ? ["scores"] as const : []),
    ...(patches ? ["patches"] as const : []),
  ];
  const tuned = spec.neighbours
    ? tunedVariant(
      caps,
      "neighbourhood",
      { neighbours: product(spec.neighbours.kernel), width },
      feasible,
    )
    : tunedVariant(caps, "attention", { queries, keys, width }, feasible);
  if (tuned) return tuned;
  if (patches && caps.isCpu) return "patches";
  if (!caps.isCpu) {
    if (quads <= MAX_TILE_QUADS) return "tile";
    return plain ? "scores" : "registers";
  }
  const variant = canBroadcast ? "lanes" : "registers";
  return plain && !trusted(variant) ? "scores" : variant;
}

/**
 * The tile of the streaming kernel that leaves the fewest slots idle.
 *
 * @param caps Facts about the adapter.
 * @param access Who attends to whom.
 * @param extents Sizes and variant.
 * @returns The spec.
 * @throws {ShapeError} If the variant is `lanes` and subgroups have no fixed number of lanes.
 */
export function streamSpec(
  caps: Caps,
  access: AccessSpec,
  extents: Pick<AttentionExtents, "queries" | "keys"> & Pick<StreamSpec, "variant">,
): StreamSpec {
  const { variant, queries, keys } = extents;
  if (variant === "registers") {
    const lanes = caps.isCpu ? PLAIN_LANES.cpu : PLAIN_LANES.gpu;
    return caps.isCpu
      ? { ...access, variant, lanes, rows: 4, keys: 16, exact: false }
      : { ...access, variant, lanes, rows: 1, keys: 8, exact: false };
  }
  const lanes = lanesFor(caps, variant);
  const step = fitKeys(keys, lanes);
  const { tables, bias, mask, neighbours, segments } = access;
  const exact = keys === step && !tables && !bias && !mask && !neighbours && !segments;
  return { ...access, variant, lanes, rows: fitRows(queries, lanes), keys: step, exact };
}

/** Time of a row of an invocation by the number of its rows, relative to that among four. */
const ROW_COSTS = [[4, 1], [3, 1.05], [2, 1.25], [1, 1.8]] as const;

function fitRows(queries: number, lanes: number): number {
  const cost = ([rows, factor]: readonly [number, number]) =>
    Math.ceil(queries / (rows * lanes)) * rows * lanes * factor;
  return ROW_COSTS.reduce((best, next) => cost(next) < cost(best) ? next : best)[0];
}

/** Share of idle keys from which a kernel for one number of keys is worth its compilation. */
const IDLE_SHARE = 0.1;

/**
 * At most 64 keys, at least 32 where there are as many: a multiple of the lanes, or all where a multiple
 * leaves too many idle.
 */
function fitKeys(keys: number, lanes: number): number {
  const most = Math.ceil(Math.min(keys, 64) / lanes) * lanes;
  if (keys > 0 && most - keys >= IDLE_SHARE * most) return keys;
  let best = most;
  const padded = (count: number) => Math.ceil(keys / count) * count;
  for (let count = most - lanes; count >= 32; count -= lanes) {
    if (padded(count) < padded(best)) best = count;
  }
  return best;
}

/**
 * Loop iterations of one invocation of the streaming kernel.
 *
 * @param spec The kernel.
 * @param extents Sizes.
 * @returns Iterations.
 */
export function streamIterations(
  spec: Pick<StreamSpec, "keys">,
  { quads, keys, blocks }: Pick<AttentionExtents, "quads" | "keys" | "blocks">,
): number {
  return blocks * (1 + Math.ceil(keys / spec.keys) * (1 + 2 * quads));
}
