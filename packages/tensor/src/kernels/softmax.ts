/** Softmax over rows: `exp(x − max) / Σ exp(x − max)`; rows without any value above −1e38 are zero. */
import { type Kernel, kernel } from "../wgsl/kernel.ts";
import { type RowVariant, rowWalk } from "../wgsl/row_walk.ts";

/** What decides the text of the kernel. */
export interface SoftmaxSpec {
  /** How a row is spread. */
  readonly variant: RowVariant;
  /** Elements are read in fours. */
  readonly vector: boolean;
  /** Invocations a workgroup. */
  readonly threads: number;
}

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function softmax({ variant, vector, threads }: SoftmaxSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  const walk = rowWalk(variant, threads);
  const over = (combine: string) => vector ? combine : "v";
  const loop = (statement: string) =>
    `  for (var c = ${walk.first}; c < p.columns; c += ${walk.step}) { ${statement} }`;
  return kernel({
    label: "softmax",
    bindings: [
      { name: "x", type, access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: { rows: "u32", columns: "u32" },
    workgroup: [threads, 1, 1],
    features: variant === "subgroup" ? ["subgroups"] : [],
    declarations: `${walk.declarations}
fn max_of(v: ${type}) -> f32 { return ${over("max(max(v.x, v.y), max(v.z, v.w))")}; }
fn sum_of(v: ${type}) -> f32 { return ${over("v.x + v.y + v.z + v.w")}; }
`,
    body: `  let row = ${walk.row};
  let start = min(row, p.rows - 1u) * p.columns;
  var top = ${type}(-3.0e38);
${loop("top = max(top, x[start + c]);")}
  let highest = ${walk.reduce("max", "max_of(top)")};
  var sum = ${type}();
${loop("sum += exp(x[start + c] - highest);")}
  let total = ${walk.reduce("add", "sum_of(sum)")};
  if (row >= p.rows) { return; }
  let factor = select(1.0 / total, 0.0, highest < -1.0e38);
${loop("y[start + c] = exp(x[start + c] - highest) * factor;")}`,
  });
}
