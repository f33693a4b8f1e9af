/** Reductions of `[outer, n, inner]` along `n`, in blocks of a given length. */
import { type Combine, combined, NEUTRAL } from "../wgsl/combine.ts";
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";
import { type RowVariant, rowWalk } from "../wgsl/row_walk.ts";

/** What decides the text of {@link reduceRows}. */
export interface ReduceRowsSpec {
  /** What is done with the values. */
  readonly combine: Combine;
  /** How a block is spread. */
  readonly variant: RowVariant;
  /** Elements are read in fours. */
  readonly vector: boolean;
  /** Invocations a workgroup. */
  readonly threads: number;
}

const PARAMS = {
  total: "u32",
  n: "u32",
  inner: "u32",
  blocks: "u32",
  length: "u32",
  factor: "f32",
} as const;

/**
 * Reduces along the last axis (`inner` is 1).
 *
 * @param spec What decides its text.
 * @returns The kernel; a row of the grid is a block.
 */
export function reduceRows({ combine, variant, vector, threads }: ReduceRowsSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  const walk = rowWalk(variant, threads);
  const lanes = combined(
    combine,
    combined(combine, "sum.x", "sum.y"),
    combined(combine, "sum.z", "sum.w"),
  );
  return kernel({
    label: `reduce rows ${combine}`,
    bindings: [
      { name: "x", type, access: "read" },
      { name: "y", type: "f32", access: "read_write" },
    ],
    params: PARAMS,
    workgroup: [threads, 1, 1],
    features: variant === "subgroup" ? ["subgroups"] : [],
    declarations: walk.declarations,
    body: `  let row = ${walk.row};
  let block = min(row, p.total - 1u);
  let begin = block % p.blocks * p.length;
  let end = min(begin + p.length, p.n) - begin;
  let start = block / p.blocks * p.n + begin;
  var sum = ${type}(${NEUTRAL[combine]});
  for (var i = ${walk.first}; i < end; i += ${walk.step}) {
    sum = ${combined(combine, "sum", "x[start + i]")};
  }
  let all = ${walk.reduce(combine, vector ? lanes : "sum")};
  if (row >= p.total) { return; }
  y[row] = all * p.factor;`,
  });
}

/** What decides the text of {@link reduceColumns}. */
export interface ReduceColumnsSpec {
  /** What is done with the values. */
  readonly combine: Combine;
  /** Elements are read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup of {@link reduceColumns}. */
export const REDUCE_THREADS = 64;

/**
 * Reduces along an axis that is not the last one: neighbours handle neighbouring columns.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over `outer · blocks · inner`.
 */
export function reduceColumns({ combine, vector }: ReduceColumnsSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: `reduce columns ${combine}`,
    bindings: [
      { name: "x", type, access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: PARAMS,
    workgroup: [REDUCE_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${REDUCE_THREADS}u + local;
  if (index >= p.total) { return; }
  let begin = index / p.inner % p.blocks * p.length;
  let end = min(begin + p.length, p.n);
  let start = index / p.inner / p.blocks * p.n * p.inner + index % p.inner;
  var sum = ${type}(${NEUTRAL[combine]});
  for (var i = begin; i < end; i++) {
    sum = ${combined(combine, "sum", "x[start + i * p.inner]")};
  }
  y[index] = sum * p.factor;`,
  });
}
