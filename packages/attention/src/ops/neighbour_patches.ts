/** Neighbourhood attention over patches of queries, for CPU adapters. */
import { broadcastLanes, type Caps, flatGrid, gridLayers, type Tensor } from "@vicinity/tensor";
import type { CallParams } from "../kernels/access.ts";
import { axes } from "../wgsl/neighbour_grid.ts";
import { biasLoads } from "../wgsl/neighbour_biases.ts";
import { neighbourPatches, PATCH_PARAMS } from "../kernels/neighbour_patches.ts";
import { type PatchSpec, product, rowsOf, tileOf } from "../wgsl/patch_spec.ts";
import { mapTriple, type Neighbourhood, type Triple } from "../neighbourhood.ts";

/** Scores of an invocation: as many registers, and lines of its text. */
const MOST_SCORES = 400;
const MOST_ROWS = 8;
/** Registers of the table of biases: with more of them the text becomes too long. */
const MOST_BIAS_LOADS = 200;
/** Times on llvmpipe in multiplications of a vector: a load, an exponential, a permutation. */
const [LOAD, EXPONENTIAL, PERMUTATION] = [70, 15, 1];

/**
 * The cut into patches of least work.
 *
 * @param vicinity The neighbourhoods.
 * @param caps Facts about the adapter.
 * @param quads Width of a head in fours.
 * @returns The cut; nothing where a query has more neighbours than registers suffice for, or lanes
 *   cannot be broadcast.
 */
export function patchSpec(
  vicinity: Neighbourhood,
  caps: Caps,
  quads: number,
): Omit<PatchSpec, "bias"> | undefined {
  const { kernel } = vicinity;
  const [lanes, places] = [broadcastLanes(caps), product(kernel)];
  // With one patch an invocation nothing shares its loads: streams are as fast then, and their text is
  // short (15 x 15 neighbours: 50 ms and 1.2 s to compile against 52 ms and 2.5 s; 19 x 19: 72 against 83 ms).
  if (lanes === 0 || 2 * places > MOST_SCORES) return undefined;
  let best: { spec: Omit<PatchSpec, "bias">; cost: number } | undefined;
  for (const patch of factorsOf(lanes)) {
    if (biasLoads({ kernel, patch }) > MOST_BIAS_LOADS) continue;
    for (let rows = 1; rows <= MOST_ROWS && rows * places <= MOST_SCORES; rows++) {
      for (const stack of factorsOf(rows)) {
        const spec = specOf(vicinity, patch, stack);
        const cost = costOf(spec, cutOf(vicinity, spec).groups, quads);
        if (!best || cost < best.cost) best = { spec, cost };
      }
    }
  }
  return best?.spec;
}

function specOf({ padded, kernel, dilation }: Neighbourhood, patch: Triple, stack: Triple) {
  const tile = tileOf({ patch, stack });
  const whole = mapTriple((a) =>
    padded[a] % dilation[a] === 0 && padded[a] / dilation[a] <= tile[a]
  );
  const union = mapTriple((a) => whole[a] ? padded[a] / dilation[a] : tile[a] + kernel[a] - 1);
  return { kernel, patch, stack, whole, union };
}

/** How a grid falls into tiles: how many there are along each axis of a residue class, and in all. */
function cutOf({ grid, dilation }: Neighbourhood, spec: Pick<PatchSpec, "patch" | "stack">) {
  const tile = tileOf(spec);
  const across = mapTriple((a) => Math.ceil(Math.ceil(grid[a] / dilation[a]) / tile[a]));
  const classes = mapTriple((a) => Math.min(dilation[a], grid[a]));
  return { across, groups: product(classes) * product(across) };
}

/** Time of a head. */
function costOf(spec: Omit<PatchSpec, "bias">, groups: number, quads: number): number {
  const { kernel, patch, stack, union } = spec;
  const [rows, lanes] = [rowsOf(spec), product(patch)];
  const scores = rows * product(kernel);
  // Patches that overlap along an axis share steps; lines of a patch are permuted one by one.
  const steps = product(
    mapTriple((a) => Math.min(kernel[a] * stack[a], kernel[a] + patch[a] * (stack[a] - 1))),
  );
  const permutations = steps * (2 * patch[0] * patch[1] - 1);
  const loads = 2 * quads * (Math.ceil(product(union) / lanes) + rows) + biasLoads(spec) / 2;
  return groups * (loads * LOAD + scores * (8 * quads + EXPONENTIAL) +
    8 * quads * permutations * PERMUTATION);
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
  readonly spec: Omit<PatchSpec, "bias">;
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
  const { vicinity, q, k, v, y, bias } = call;
  const { grid, padded, dilation } = vicinity;
  const spec: PatchSpec = { ...call.spec, bias: bias !== undefined };
  const { across, groups } = cutOf(vicinity, spec);
  const [batch = 0, heads = 0] = q.shape;
  const values: Record<string, number> = {
    ...call.params,
    ...axes("length", grid),
    ...axes("padded", padded),
    ...axes("dilation", dilation),
    ...axes("across", across),
    groups,
  };
  const gpu = q.gpu;
  const [gridX, gridY] = flatGrid(groups);
  const layers = gridLayers(batch * heads, call.flops, gpu.work.dispatchFlops);
  for (const { first, count } of layers) {
    values["first_pair"] = first;
    gpu.dispatch({
      kernel: gpu.kernel("attention_patches", spec, neighbourPatches),
      tensors: [q, k, v, ...(bias ? [bias] : []), y],
      params: Object.keys(PATCH_PARAMS).map((name) => values[name] ?? 0),
      grid: [gridX, gridY, count],
      label: "neighbourhood attention",
      flops: call.flops * count / (batch * heads),
      iterations: 2 * call.params.quads,
    });
  }
}
