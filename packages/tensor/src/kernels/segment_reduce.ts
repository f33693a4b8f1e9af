/**
 * `y[s, c]` is the sum, mean, maximum or minimum of `x[row(n), c]` over `starts[s] <= n < starts[s + 1]`,
 * 0 where there is none; `row(n)` is n, or `order[n]`.
 */
import { combined, NEUTRAL, type Reduction, REDUCTIONS } from "../wgsl/combine.ts";
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface SegmentReduceSpec {
  /** What becomes of the values. */
  readonly reduction: Reduction;
  /** Rows come by number. */
  readonly ordered: boolean;
  /** Elements are read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const SEGMENT_THREADS = 64;

/** Rows that are combined one by one; sums of more are sums of such sums, so that rounding stays small. */
const BLOCK = 256;

/**
 * Loop iterations of an invocation.
 *
 * @param rows Rows of the longest stretch.
 * @returns Iterations of both loops.
 */
export function segmentIterations(rows: number): number {
  return rows + Math.ceil(rows / BLOCK);
}

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over the elements of the result.
 */
export function segmentReduce({ reduction, ordered, vector }: SegmentReduceSpec): Kernel {
  const combine = REDUCTIONS[reduction];
  const type = vector ? "vec4f" : "f32";
  const neutral = `${type}(${NEUTRAL[combine]})`;
  return kernel({
    label: `segment ${reduction}`,
    bindings: [
      { name: "x", type, access: "read" },
      { name: "starts", type: "u32", access: "read" },
      ...(ordered ? [{ name: "order", type: "u32", access: "read" as const }] : []),
      { name: "y", type, access: "read_write" },
    ],
    params: { total: "u32", width: "u32", count: "u32", rows: "u32" },
    workgroup: [SEGMENT_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${SEGMENT_THREADS}u + local;
  if (index >= p.total) { return; }
  let segment = index / p.width;
  let column = index % p.width;
  let first = starts[segment];
  let end = min(starts[segment + 1u], p.count);
  var all = ${neutral};
  for (var block = first; block < end; block += ${BLOCK}u) {
    let last = min(block + ${BLOCK}u, end);
    var part = ${neutral};
    for (var n = block; n < last; n++) {
      let row = ${ordered ? "min(order[n], p.rows - 1u)" : "n"};
      part = ${combined(combine, "part", "x[row * p.width + column]")};
    }
    all = ${combined(combine, "all", "part")};
  }
  let filled = first < end;
  y[index] = select(${type}(), all${
      reduction === "mean" ? " / f32(select(1u, end - first, filled))" : ""
    }, filled);`,
  });
}
