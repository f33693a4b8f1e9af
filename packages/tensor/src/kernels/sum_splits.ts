/**
 * Ends a matrix product whose depth was split: y[m, n] = epilogue(Σ over stretches of sums[stretch, m, n]),
 * always in the same order.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";
import { epilogueBindings, epilogueDeclarations, type StoreSpec } from "./gemm_epilogue.ts";
import { GEMM_PARAMS } from "./gemm_operands.ts";

/** Invocations of a workgroup. */
export const SUM_THREADS = 64;

/**
 * The kernel: an invocation makes one result, or four neighbouring columns.
 *
 * @param spec What happens to the sums.
 * @returns The kernel; its grid is flat over (row, column).
 */
export function sumSplits(spec: StoreSpec): Kernel {
  const step = spec.fours ? 4 : 1;
  const type = spec.fours ? "vec4f" : "f32";
  return kernel({
    label: "gemm_sum_splits",
    bindings: [{ name: "sums", type, access: "read" }, ...epilogueBindings(spec)],
    params: { ...GEMM_PARAMS, splits: "u32" },
    workgroup: [SUM_THREADS, 1, 1],
    features: spec.half ? ["f16"] : [],
    declarations: epilogueDeclarations(spec),
    body: `  let index = ${FLAT_WORKGROUP} * ${SUM_THREADS}u + local;
  let width = p.n * p.groups / ${step}u;
  let total = p.rows * width;
  if (index >= total) { return; }
  var sum = ${type}();
  for (var s = 0u; s < p.splits; s++) { sum += sums[s * total + index]; }
  let row = index / width;
  finish(row, row_address(row), column_of(index % width * ${step}u), sum);`,
  });
}
