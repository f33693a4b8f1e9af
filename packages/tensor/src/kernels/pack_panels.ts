/** Matrices that are computed at run time, laid out as the panels of the GEMM kernels. */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** Structural constants of a packing kernel. */
export interface PackPanelsSpec {
  /** Columns of a panel. */
  readonly width: number;
  /** Neighbouring columns of a thread; the places of a panel hold the first of each thread first. */
  readonly columns: number;
  /** The source is `[batch, n, k]` and not `[batch, k, n]`. */
  readonly transposed: boolean;
}

/** Invocations of a workgroup. */
export const PACK_THREADS = 64;

/**
 * The kernel that packs matrices: an invocation writes four values along k of one column.
 *
 * @param spec Structural constants.
 * @returns The kernel; its grid is flat over (batch, panel, quad, column of the panel).
 */
export function packPanels({ width, columns, transposed }: PackPanelsSpec): Kernel {
  const at = transposed ? "(batch * p.n + n) * p.k + row" : "(batch * p.k + row) * p.n + n";
  return kernel({
    label: transposed ? "pack_transposed" : "pack",
    bindings: [
      { name: "b", type: "f32", access: "read" },
      { name: "packed", type: "vec4f", access: "read_write" },
    ],
    params: { total: "u32", n: "u32", k: "u32", quads: "u32", panels: "u32" },
    workgroup: [PACK_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${PACK_THREADS}u + local;
  if (index >= p.total) { return; }
  let quad = index / ${width}u % p.quads;
  let panel = index / ${width}u / p.quads;
  let place = index % ${width}u;
  let column = panel % p.panels * ${width}u + place % ${width / columns}u * ${columns}u +
    place / ${width / columns}u;
  let batch = panel / p.panels;
  let n = min(column, p.n - 1u);
  var value = vec4f();
  for (var u = 0u; u < 4u; u++) {
    let k = quad * 4u + u;
    let row = min(k, p.k - 1u);
    value[u] = select(0.0, b[${at}], k < p.k && column < p.n);
  }
  packed[index] = value;`,
  });
}
