/**
 * Biases of the kernel over patches, in registers. Each place of a neighbourhood has one relative
 * offset away from borders, and another one where the neighbourhood has slid inwards along an axis, so
 * that a bias is a choice between constants of the table for every axis.
 */
import { each } from "@vicinity/tensor";
import { mapTriple, type Triple } from "../neighbourhood.ts";
import { firstOf, type PatchSpec, product, rowsOf, split } from "./patch_spec.ts";

/**
 * Registers of the table: element `i * lanes + lane` is in lane `lane` of register i.
 *
 * @param spec The kernel.
 * @returns How many.
 */
export function biasLoads({ kernel, patch }: Pick<PatchSpec, "kernel" | "patch">): number {
  return Math.ceil(product(extentsOf(kernel)) / product(patch));
}

/** Extents of the table of one head. */
const extentsOf = (kernel: Triple) => mapTriple((axis) => 2 * kernel[axis] - 1);

/** A line of the neighbourhood: its place along z and y. */
export interface Line {
  readonly z: number;
  readonly y: number;
}

/**
 * Statements that say which places lie beyond the borders.
 *
 * @param spec The kernel.
 * @returns WGSL that {@link lineBiases} needs.
 */
export function slides(spec: PatchSpec): string {
  return ([0, 1, 2] as const).map((axis) => slidden(spec, axis)).join("\n");
}

/** Lines of the table that the places of a line of the neighbourhood choose from; no two lines share one. */
function linesOf({ kernel }: PatchSpec, { z, y }: Line): number[] {
  const rows = 2 * kernel[1] - 1;
  return offsetsOf(kernel[0], z).flatMap((dz) =>
    offsetsOf(kernel[1], y).map((dy) => dz * rows + dy)
  );
}

/**
 * Statements that load the lines of the table that a line of the neighbourhood needs and choose along x.
 *
 * @param spec The kernel.
 * @param line The line.
 * @param loaded Registers of the table that are loaded; those that this loads are added.
 * @returns WGSL; {@link biasOf} chooses along the other axes.
 */
export function lineBiases(spec: PatchSpec, line: Line, loaded: Set<number>): string {
  const { kernel, patch } = spec;
  const lanes = product(patch);
  const [planes, rows, columns] = extentsOf(kernel);
  const last = planes * rows * columns - 1;
  const lines = linesOf(spec, line);
  const needed = lines.flatMap((it) =>
    Array.from({ length: columns }, (_, x) => Math.floor((it * columns + x) / lanes))
  );
  const fresh = [...new Set(needed)].filter((register) => !loaded.has(register));
  fresh.forEach((register) => loaded.add(register));
  const element = (it: number, x: number) => {
    const flat = it * columns + x;
    return `subgroupBroadcast(b${Math.floor(flat / lanes)}, ${flat % lanes}u)`;
  };
  const chosen = (it: number, first: number, place: number) =>
    `  let ${named(it, first, place)} = ${
      choose(spec, 2, { first, place }, (x) => element(it, x))
    };`;
  return [
    ...fresh.map((i) =>
      `  let b${i} = LOG2E * bias[pair % p.heads * p.bias_head_stride + min(${
        i * lanes
      }u + lane, ${last}u)];`
    ),
    ...firstsOf(spec, 2).flatMap((first) =>
      lines.map((it) => each(kernel[2], (place) => chosen(it, first, place)))
    ),
  ].join("\n");
}

/**
 * The bias of a score.
 *
 * @param spec The kernel.
 * @param row Patch of the invocation.
 * @param place Neighbour.
 * @returns WGSL expression.
 */
export function biasOf(spec: PatchSpec, row: number, place: number): string {
  const [first, at, rows] = [firstOf(row, spec), split(place, spec.kernel), 2 * spec.kernel[1] - 1];
  const along = (axis: 0 | 1) => ({ first: first[axis], place: at[axis] });
  return choose(
    spec,
    0,
    along(0),
    (z) => choose(spec, 1, along(1), (y) => named(z * rows + y, first[2], at[2])),
  );
}

const named = (line: number, first: number, place: number) => `bias_${line}_${first}_${place}`;

/** First queries along an axis of the patches of a tile. */
function firstsOf(spec: Pick<PatchSpec, "patch" | "stack">, axis: 0 | 1 | 2): number[] {
  return [...new Set(Array.from({ length: rowsOf(spec) }, (_, row) => firstOf(row, spec)[axis]))];
}

/** Where a place lies for most queries, and where it does if its neighbourhood has slid away from it. */
function choose(
  { kernel }: PatchSpec,
  axis: 0 | 1 | 2,
  { first, place }: { readonly first: number; readonly place: number },
  at: (offset: number) => string,
): string {
  const [usual = 0, away] = offsetsOf(kernel[axis], place);
  if (away === undefined) return at(usual);
  return `select(${at(usual)}, ${at(away)}, slid_${axis}_${first}_${place})`;
}

/** The offsets of a place in the table: away from borders, and where its neighbourhood has slid away from it. */
function offsetsOf(kernel: number, place: number): number[] {
  const side = (kernel - 1) / 2;
  const usual = place + side;
  return place === side ? [usual] : [usual, usual + (place < side ? kernel : -kernel)];
}

/** For each place beside the middle of an axis: whether it lies beyond the border. */
function slidden({ kernel, ...spec }: PatchSpec, axis: 0 | 1 | 2): string {
  const side = (kernel[axis] - 1) / 2;
  return firstsOf(spec, axis).flatMap((first) =>
    Array.from({ length: side }, (_, place) => {
      const query = (steps: number) => `at.first[${axis}] + within[${axis}] + ${first + steps}u`;
      return `  let slid_${axis}_${first}_${place} = ${query(place)} < ${side}u;
  let slid_${axis}_${first}_${side + 1 + place} = ${query(place + 1)} >= at.count[${axis}];`;
    })
  ).join("\n");
}
