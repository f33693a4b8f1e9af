/** What the kernels for matrix products share: how they read x and the weights, and their parameters. */
import { element } from "../wgsl/element.ts";
import type { ParamType } from "../wgsl/kernel.ts";

/** Element types that packed weights may have. */
export type StoredWeight = "f32" | "f16" | "bf16";

/** Four neighbouring values of the weights, widened; no shader feature is needed for halves. */
export const WIDENED: Readonly<
  Record<StoredWeight, { readonly type: string; readonly value: string }>
> = {
  f32: { type: "vec4f", value: "w[at]" },
  f16: { type: "vec2u", value: "vec4f(unpack2x16float(w[at].x), unpack2x16float(w[at].y))" },
  bf16: {
    type: "vec2u",
    value:
      "bitcast<vec4f>(vec4u(w[at].x << 16u, w[at].x & 0xffff0000u, w[at].y << 16u, w[at].y & 0xffff0000u))",
  },
};

/** Parameters of every implicit GEMM kernel, in order. */
export const GEMM_PARAMS = {
  rows: "u32",
  m: "u32",
  n: "u32",
  quads: "u32",
  channels: "u32",
  pixel: "u32",
  groups: "u32",
  panels: "u32",
  first_layer: "u32",
  it: "u32",
  ih: "u32",
  iw: "u32",
  oh: "u32",
  ow: "u32",
  st: "u32",
  sh: "u32",
  sw: "u32",
  dt: "u32",
  dh: "u32",
  dw: "u32",
  pt: "i32",
  ph: "i32",
  pw: "i32",
  alpha: "f32",
  lookup_columns: "u32",
  stretch: "u32",
  store0: "u32",
  store1: "u32",
  store2: "u32",
  store3: "u32",
  store4: "u32",
  store5: "u32",
} as const satisfies Record<string, ParamType>;

/** Values for {@link GEMM_PARAMS}. */
export type GemmParams = Record<keyof typeof GEMM_PARAMS, number>;

/** Most axes of a batch that {@link batchParams} has room for. */
export const MOST_BATCH_AXES = 8;

/**
 * Parameters that follow for the axes of a batch, outermost first: extent, and steps through the
 * matrices of x and of w.
 *
 * @param axes How many there are.
 * @returns Names and types, in order.
 */
export function batchParams(axes: number): Record<string, ParamType> {
  return Object.fromEntries(
    Array.from({ length: axes }, (_, i) => ["batch_extent", "batch_x", "batch_w"].map((n) => n + i))
      .flat().map((name) => [name, "u32"]),
  );
}

/**
 * Statements that find the matrices `x_matrix` and `w_matrix` of the matrix `group` of a batch.
 *
 * @param axes Axes of the batch.
 * @returns Statements.
 */
export function batchMatrices(axes: number): string {
  const inner = Array.from({ length: axes }, (_, i) => i).reverse();
  return `  var rest = group;
  var x_matrix = 0u;
  var w_matrix = 0u;
${
    inner.map((i) =>
      `  x_matrix += rest % p.batch_extent${i} * p.batch_x${i};
  w_matrix += rest % p.batch_extent${i} * p.batch_w${i};
  rest /= p.batch_extent${i};`
    ).join("\n")
  }`;
}

/**
 * The function `load(at, quad, ok)`: four neighbouring channels of x, zeros where there are none.
 *
 * @param x How x is read: in vectors, from 16 bits.
 * @returns A declaration.
 */
export function loadFunction({ vector, half }: { vector: boolean; half: boolean }): string {
  const { read } = element(vector, half);
  const body = vector ? `return select(vec4f(), ${read("x[at + quad]")}, ok);` : `let c = quad * 4u;
  let last = p.channels - 1u;
  let v = vec4f(${[0, 1, 2, 3].map((u) => read(`x[at + min(c + ${u}u, last)]`)).join(", ")});
  return select(vec4f(), v, vec4<bool>(ok) & (vec4u(c, c + 1u, c + 2u, c + 3u) < vec4u(p.channels)));`;
  return `fn load(at: u32, quad: u32, ok: bool) -> vec4f {
  ${body}
}`;
}

/**
 * The function `weight(at)`: an entry of the panels.
 *
 * @param stored How they are stored.
 * @returns A declaration.
 */
export function weightFunction(stored: StoredWeight): string {
  return `fn weight(at: u32) -> vec4f {
  return ${WIDENED[stored].value};
}`;
}
