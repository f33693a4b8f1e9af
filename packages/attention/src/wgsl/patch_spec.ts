/** How the kernel over patches cuts a grid: patches of queries, stacked to tiles. */
import { mapTriple, type Triple } from "../neighbourhood.ts";

/** What decides the text of the kernel. */
export interface PatchSpec {
  /** Neighbours along each axis. */
  readonly kernel: Triple;
  /** Queries of a patch along each axis; their product is the number of lanes. */
  readonly patch: Triple;
  /** Patches of an invocation along each axis. */
  readonly stack: Triple;
  /** Axes along which a tile holds all of each residue class, and all these have one length. */
  readonly whole: readonly [boolean, boolean, boolean];
  /** Keys of a tile along each axis: `patch * stack + kernel - 1`, or those of a residue class. */
  readonly union: Triple;
  /** A value is added to each score. */
  readonly bias: boolean;
}

/** The product of three extents. */
export const product = ([z, y, x]: Triple): number => z * y * x;

/** Queries of a tile along each axis. */
export function tileOf({ patch, stack }: Pick<PatchSpec, "patch" | "stack">): Triple {
  return mapTriple((axis) => patch[axis] * stack[axis]);
}

/** Patches of an invocation: each has a query in every lane. */
export function rowsOf({ stack }: Pick<PatchSpec, "stack">): number {
  return product(stack);
}

/** First query of a patch in its tile. */
export function firstOf(row: number, { patch, stack }: Pick<PatchSpec, "patch" | "stack">): Triple {
  const at = split(row, stack);
  return mapTriple((axis) => at[axis] * patch[axis]);
}

/** The index along each axis of a flat index. */
export function split(index: number, [, rows, columns]: Triple): Triple {
  const row = Math.floor(index / columns);
  return [Math.floor(row / rows), row % rows, index % columns];
}
