/** Position of the largest value of a row; the first one where several are equal. */
import { type Kernel, kernel } from "../wgsl/kernel.ts";
import { type RowVariant, rowWalk } from "../wgsl/row_walk.ts";

/** What decides the text of the kernel. */
export interface ArgmaxSpec {
  /** How a row is spread. */
  readonly variant: RowVariant;
  /** Invocations a workgroup. */
  readonly threads: number;
}

/** Positions travel as negative f32, which are exact up to here. */
export const ARGMAX_COLUMNS = 2 ** 24;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function argmax({ variant, threads }: ArgmaxSpec): Kernel {
  const walk = rowWalk(variant, threads);
  return kernel({
    label: "argmax",
    bindings: [
      { name: "x", type: "f32", access: "read" },
      { name: "y", type: "u32", access: "read_write" },
    ],
    params: { rows: "u32", columns: "u32" },
    workgroup: [threads, 1, 1],
    features: variant === "subgroup" ? ["subgroups"] : [],
    declarations: walk.declarations,
    body: `  let row = ${walk.row};
  let start = min(row, p.rows - 1u) * p.columns;
  var top = -3.4028234e38;
  var at = 0u;
  for (var c = ${walk.first}; c < p.columns; c += ${walk.step}) {
    let value = x[start + c];
    if (value > top) {
      top = value;
      at = c;
    }
  }
  let highest = ${walk.reduce("max", "top")};
  let first = ${walk.reduce("max", "select(-3.0e38, -f32(at), top == highest)")};
  if (row >= p.rows) { return; }
  y[row] = u32(-first);`,
  });
}
