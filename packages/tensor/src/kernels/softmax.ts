/**
 * Softmax over rows: `exp(v − max) / Σ exp(v − max)` with `v = x + mask`; rows without any value above
 * −1e38 are zero.
 *
 * The row of a mask is found from that of x, whose axes are `[.., outer, repeats, inner, each]`: the
 * mask has `outer` and `inner` of them, and is repeated along the others.
 */
import { type Kernel, kernel } from "../wgsl/kernel.ts";
import { type RowVariant, rowWalk } from "../wgsl/row_walk.ts";

/** What decides the text of the kernel. */
export interface SoftmaxSpec {
  /** How a row is spread. */
  readonly variant: RowVariant;
  /** Elements are read in fours. */
  readonly vector: boolean;
  /** A mask is added first. */
  readonly mask: boolean;
  /** Invocations a workgroup. */
  readonly threads: number;
}

/** What finds the row of a mask; `block` is `repeats · inner · each`. */
const MASK_PARAMS = { each: "u32", inner: "u32", block: "u32", outer: "u32" } as const;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function softmax({ variant, vector, mask, threads }: SoftmaxSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  const walk = rowWalk(variant, threads);
  const over = (combine: string) => vector ? combine : "v";
  const loop = (statement: string) =>
    `  for (var c = ${walk.first}; c < p.columns; c += ${walk.step}) { ${statement} }`;
  const value = mask ? "masked(start + c, mask_start + c)" : "x[start + c]";
  return kernel({
    label: mask ? "masked softmax" : "softmax",
    bindings: [
      { name: "x", type, access: "read" },
      ...(mask ? [{ name: "mask", type, access: "read" as const }] : []),
      { name: "y", type, access: "read_write" },
    ],
    params: { rows: "u32", columns: "u32", ...(mask ? MASK_PARAMS : {}) },
    workgroup: [threads, 1, 1],
    features: variant === "subgroup" ? ["subgroups"] : [],
    declarations: `${walk.declarations}
fn max_of(v: ${type}) -> f32 { return ${over("max(max(v.x, v.y), max(v.z, v.w))")}; }
fn sum_of(v: ${type}) -> f32 { return ${over("v.x + v.y + v.z + v.w")}; }
${mask ? maskedValue(type) : ""}`,
    body: `  let row = ${walk.row};
  let valid = min(row, p.rows - 1u);
  let start = valid * p.columns;
${
      mask
        ? `  let mask_row = valid / p.block % p.outer * p.inner + valid / p.each % p.inner;
  let mask_start = mask_row * p.columns;`
        : ""
    }
  var top = ${type}(-3.0e38);
${loop(`top = max(top, ${value});`)}
  let highest = ${walk.reduce("max", "max_of(top)")};
  var sum = ${type}();
${loop(`sum += exp(${value} - highest);`)}
  let total = ${walk.reduce("add", "sum_of(sum)")};
  if (row >= p.rows) { return; }
  let factor = select(1.0 / total, 0.0, highest < -1.0e38);
${loop(`y[start + c] = exp(${value} - highest) * factor;`)}`,
  });
}

/** Both sides may say that an entry is masked: what is below −1.5e38 adds up to no infinity. */
function maskedValue(type: string): string {
  const least = `${type}(-1.5e38)`;
  return `fn masked(at: u32, mask_at: u32) -> ${type} {
  return max(x[at], ${least}) + max(mask[mask_at], ${least});
}
`;
}
