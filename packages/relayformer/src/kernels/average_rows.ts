/**
 * Means of rows by number: `y[n, c] = Σ x[lists[n, k], c] / count` over the k whose row is there, with
 * `count` the number of them; zero where there is none.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** What decides the text of the kernel. */
export interface AverageRowsSpec {
  /** Four elements of a row at once where its length allows it. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const AVERAGE_ROWS_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over the elements of the result.
 */
export function averageRows({ vector }: AverageRowsSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: "average rows",
    bindings: [
      { name: "x", type, access: "read" },
      { name: "lists", type: "u32", access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: { count: "u32", width: "u32", length: "u32", rows: "u32" },
    workgroup: [AVERAGE_ROWS_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${AVERAGE_ROWS_THREADS}u + local;
  if (index >= p.count) { return; }
  let list = index / p.width * p.length;
  let column = index % p.width;
  var sum = ${type}();
  var members = 0.0;
  for (var k = 0u; k < p.length; k++) {
    let row = lists[list + k];
    if (row < p.rows) {
      sum += x[row * p.width + column];
      members += 1.0;
    }
  }
  y[index] = sum / max(members, 1.0);`,
  });
}
