/** Neighbourhood attention over patches of queries, for CPU adapters. */
import {
  broadcastLanes,
  type Caps,
  derived,
  flatGrid,
  gridLayers,
  type Tensor,
} from "@vicinity/tensor";
import type { CallParams } from "../kernels/access.ts";
import { axes } from "../wgsl/neighbour_grid.ts";
import {
  neighbourPatches,
  PATCH_PARAMS,
  type PatchSpec,
  rowsOf,
  tileOf,
  unionOf,
} from "../kernels/neighbour_patches.ts";
import { neighbourPlaces, PLACES_PARAMS, PLACES_WORKGROUP } from "../kernels/neighbour_places.ts";
import { mapTriple, type Neighbourhood, type Triple } from "../neighbourhood.ts";

/** Scores of an invocation: as many registers, and lines of its text. */
const MOST_SCORES = 320;
const MOST_ROWS = 4;
/** Times on llvmpipe in multiplications of a vector: a load, an exponential, a quad of the table. */
const [LOAD, EXPONENTIAL, TABLE_QUAD] = [60, 15, 100];

const productOf = ([z, y, x]: Triple) => z * y * x;

/**
 * The cut into patches of least work.
 *
 * @param vicinity The neighbourhoods.
 * @param caps Facts about the adapter.
 * @param quads Width of a head in fours.
 * @returns The cut; nothing where a query has more places than registers suffice for, or lanes cannot
 *   be broadcast.
 */
export function patchSpec(
  vicinity: Neighbourhood,
  caps: Caps,
  quads: number,
): PatchSpec | undefined {
  const { padded, kernel, dilation } = vicinity;
  const lanes = broadcastLanes(caps);
  if (lanes === 0) return undefined;
  const longest = mapTriple((a) => Math.ceil(padded[a] / dilation[a]));
  let best: { spec: PatchSpec; cost: number } | undefined;
  for (const patch of factorsOf(lanes)) {
    const whole = mapTriple((a) => longest[a] <= patch[a] + kernel[a] - 1);
    const window = mapTriple((a) => whole[a] ? longest[a] : patch[a] + kernel[a] - 1);
    for (let rows = 1; rows <= MOST_ROWS && rows * productOf(window) <= MOST_SCORES; rows++) {
      for (const stack of factorsOf(rows)) {
        const spec = { kernel, patch, stack, window, whole };
        const cost = costOf(spec, cutOf(vicinity, spec), quads);
        if (!best || cost < best.cost) best = { spec, cost };
      }
    }
  }
  return best?.spec;
}

/** How a grid falls into tiles. */
interface Cut {
  /** Tiles along each axis of a residue class. */
  readonly across: Triple;
  /** Different tiles along each axis, the inner ones counted once, in classes of one length. */
  readonly classes: Triple;
  /** Different lengths of residue classes along each axis. */
  readonly lengths: Triple;
  /** All tiles. */
  readonly groups: number;
  /** Quads of the table of one head. */
  readonly tableQuads: number;
}

function cutOf({ grid, padded, kernel, dilation }: Neighbourhood, spec: PatchSpec): Cut {
  const tile = tileOf(spec);
  const across = mapTriple((a) => Math.ceil(Math.ceil(grid[a] / dilation[a]) / tile[a]));
  const lengths = mapTriple((a) => padded[a] % dilation[a] === 0 ? 1 : 2);
  const classes = mapTriple((a) => {
    const low = Math.ceil((kernel[a] - 1) / 2 / tile[a]);
    return spec.whole[a] ? across[a] : Math.min(across[a], 2 * low + 2);
  });
  return {
    ...{ across, lengths, classes },
    groups: productOf(mapTriple((a) => Math.min(dilation[a], grid[a]))) * productOf(across),
    tableQuads: productOf(classes) * productOf(lengths) * productOf(tile) *
      Math.ceil(productOf(spec.window) / 4),
  };
}

/** Time of a head. */
function costOf(spec: PatchSpec, { groups, tableQuads }: Cut, quads: number): number {
  const [rows, lanes] = [rowsOf(spec), productOf(spec.patch)];
  const [scores, keys] = [rows * productOf(spec.window), productOf(unionOf(spec))];
  const loads = 2 * quads * (Math.ceil(keys / lanes) + rows) + scores / 4;
  const tile = loads * LOAD + scores * (8 * quads + EXPONENTIAL) + 8 * keys * quads;
  return groups * tile + tableQuads / lanes * TABLE_QUAD;
}

/** All ways to write a number as a product of three. */
function* factorsOf(number: number): Generator<Triple> {
  for (let z = 1; z <= number; z++) {
    for (let y = 1; z * y <= number; y++) {
      if (number % (z * y) === 0) yield [z, y, number / z / y];
    }
  }
}

/** What {@link attendPatches} needs. */
export interface PatchCall {
  readonly vicinity: Neighbourhood;
  readonly spec: PatchSpec;
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly y: Tensor;
  readonly bias?: Tensor | undefined;
  readonly params: Omit<CallParams, "groups">;
  readonly flops: number;
}

/**
 * Records the attention.
 *
 * @param call What it needs.
 */
export function attendPatches(call: PatchCall): void {
  const { vicinity, spec, q, k, v, y, bias } = call;
  const { heads } = call.params;
  const { grid, padded, dilation } = vicinity;
  const { across, classes, lengths, groups, tableQuads } = cutOf(vicinity, spec);
  const [batch = 0] = q.shape;
  const size = tableQuads * (bias ? heads : 1);
  const values: Record<string, number> = {
    ...call.params,
    ...axes("length", grid),
    ...axes("padded", padded),
    ...axes("dilation", dilation),
    ...axes("across", across),
    ...axes("classes", classes),
    ...axes("lengths", lengths),
    groups,
    size,
    places_stride: bias ? tableQuads : 0,
  };
  const paramsOf = (names: object) => Object.keys(names).map((name) => values[name] ?? 0);
  const gpu = q.gpu;
  const withBias = bias !== undefined;
  const places = derived(gpu, bias ? [bias] : [], [size, 4], (table) =>
    gpu.dispatch({
      kernel: gpu.kernel("neighbour_places", { ...spec, bias: withBias }, neighbourPlaces),
      tensors: [...(bias ? [bias] : []), table],
      params: paramsOf(PLACES_PARAMS),
      grid: flatGrid(Math.ceil(size / PLACES_WORKGROUP)),
      label: "places of neighbours",
      flops: 0,
    }));
  const [gridX, gridY] = flatGrid(groups);
  for (const { first, count } of gridLayers(batch * heads)) {
    values["first_pair"] = first;
    gpu.dispatch({
      kernel: gpu.kernel("attention_patches", spec, neighbourPatches),
      tensors: [q, k, v, places, y],
      params: paramsOf(PATCH_PARAMS),
      grid: [gridX, gridY, count],
      label: "neighbourhood attention",
      flops: call.flops * count / (batch * heads),
      iterations: 2 * call.params.quads,
    });
  }
  gpu.free(places);
}
