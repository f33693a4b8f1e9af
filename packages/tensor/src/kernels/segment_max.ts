/** `y[s, c]` is the maximum of `x[n, c]` over `starts[s] <= n < starts[s + 1]`, 0 where there is none. */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface SegmentMaxSpec {
  /** Elements are read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const SEGMENT_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over the elements of the result.
 */
export function segmentMax({ vector }: SegmentMaxSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: "segment max",
    bindings: [
      { name: "x", type, access: "read" },
      { name: "starts", type: "u32", access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: { total: "u32", width: "u32", rows: "u32" },
    workgroup: [SEGMENT_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${SEGMENT_THREADS}u + local;
  if (index >= p.total) { return; }
  let segment = index / p.width;
  let column = index % p.width;
  let end = min(starts[segment + 1u], p.rows);
  let first = starts[segment];
  var most = ${type}();
  if (first < end) { most = x[first * p.width + column]; }
  for (var n = first + 1u; n < end; n++) { most = max(most, x[n * p.width + column]); }
  y[index] = most;`,
  });
}
