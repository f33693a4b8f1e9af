/**
 * Rows by number, `n` over the numbers and `c` over a row:
 * gathering `y[n, c] = x[indices[n], c]`, zero where there is no such row, and
 * scattering `y[indices[n], c] = x[n, c]`, dropped where there is no such row.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface RowsSpec {
  /** Rows are read by number, or written by number. */
  readonly direction: "gather" | "scatter";
  /** Four elements of a row at once where its length allows it. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const ROWS_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over the elements of the numbered rows.
 */
export function rows({ direction, vector }: RowsSpec): Kernel {
  // Words are moved as they are, whatever they mean.
  const type = vector ? "vec4u" : "u32";
  return kernel({
    label: `${direction} rows`,
    bindings: [
      { name: "x", type, access: "read" },
      { name: "indices", type: "u32", access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: { count: "u32", width: "u32", rows: "u32" },
    workgroup: [ROWS_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${ROWS_THREADS}u + local;
  if (index >= p.count) { return; }
  let row = indices[index / p.width];
  let inside = row < p.rows;
  let numbered = select(0u, row, inside) * p.width + index % p.width;
${
      direction === "gather"
        ? `  y[index] = select(${type}(), x[numbered], inside);`
        : `  if (inside) { y[numbered] = x[index]; }`
    }`,
  });
}
