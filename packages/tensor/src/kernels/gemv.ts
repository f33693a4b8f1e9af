/**
 * Matrix products of very few rows: y[m, n] = Σ over k of x[m, k] · w[k, n], where all time goes into
 * reading w once. A workgroup has a few columns, whose depth its invocations share; each takes every
 * `slices`-th quad of k, and what they summed up is added in the same order every time.
 */
import { element } from "../wgsl/element.ts";
import { type Binding, each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";
import { epilogueBindings, epilogueDeclarations, type StoreSpec } from "./gemm_epilogue.ts";
import { batchMatrices, batchParams, GEMM_PARAMS, loadFunction } from "./gemm_operands.ts";
import { type StoredWeight, weightFunction, WIDENED } from "./gemm_operands.ts";

/** Structural constants of the kernel. */
export interface GemvSpec extends StoreSpec {
  /** Rows of x, at most {@link GEMV_ROWS}. */
  readonly rows: number;
  /** Columns of a workgroup. */
  readonly columns: number;
  /** Invocations that share the depth of a column, a power of two. */
  readonly slices: number;
  /** The slices of a column are one subgroup; else they add in workgroup memory. */
  readonly subgroup: boolean;
  /** Where w comes from. */
  readonly operand: PanelOperand | MatrixOperand;
  /** The depth is a multiple of 4, so that x can be read in vectors. */
  readonly vector: boolean;
  /** Axes of a batch, as for the other products. */
  readonly batchAxes: number;
}

/** Packed weights. */
export interface PanelOperand {
  readonly kind: "panels";
  /** Columns of a panel, a multiple of those of a workgroup. */
  readonly width: number;
  /** Neighbouring columns of a thread of the kernel that they were packed for. */
  readonly columns: number;
  /** How they are stored. */
  readonly stored: StoredWeight;
}

/** A matrix as it was computed, `[k, n]`, or `[n, k]` when transposed. */
export interface MatrixOperand {
  readonly kind: "matrix";
  readonly transposed: boolean;
}

/** Most rows of x: their sums are the elements of one vector. */
export const GEMV_ROWS = 4;

/**
 * The kernel of a product of few rows.
 *
 * @param spec Structural constants.
 * @returns The kernel; its grid is (flat tiles of columns, matrices of the batch).
 */
export function gemv(spec: GemvSpec): Kernel {
  const { columns, slices, subgroup, operand, batchAxes } = spec;
  const along = operand.kind === "matrix" && operand.transposed ? "depth" : "columns";
  const tree = slices > 1 && !subgroup;
  const [column, slice] = along === "depth"
    ? [`local / ${slices}u`, `local % ${slices}u`]
    : [`local % ${columns}u`, `local / ${columns}u`];
  return kernel({
    label: `gemv_${operand.kind}`,
    bindings: [
      { name: "x", type: element(spec.vector, spec.half).stored, access: "read" },
      operandBinding(spec),
      ...epilogueBindings(spec),
    ],
    params: { ...GEMM_PARAMS, ...batchParams(batchAxes) },
    workgroup: [columns * slices, 1, 1],
    declarations: `${epilogueDeclarations(spec)}
${loadFunction(spec)}
${operandDeclarations(spec)}
${tree ? `var<workgroup> partial: array<vec4f, ${columns * slices}>;` : ""}`,
    features: [
      ...(subgroup ? ["subgroups" as const] : []),
      ...(spec.half ? ["f16" as const] : []),
    ],
    body: `  let slice = ${slice};
  let place = ${FLAT_WORKGROUP} * ${columns}u + ${column};
  let group = p.first_layer + wid.z;
${batchMatrices(batchAxes)}
  let offset = x_matrix * p.m * p.pixel;
  let row0 = group * p.m;
${operandOrigin(operand)}
  var sums = vec4f();
  for (var quad = slice; quad < p.quads; quad += ${slices}u) {
    let value = quad_of(w_from, quad);
${
      each(
        spec.rows,
        (i) => `    sums[${i}] += dot(load(offset + ${i}u * p.pixel, quad, true), value);`,
      )
    }
  }
${subgroup ? "  sums = subgroupAdd(sums);" : tree ? treeSum(spec, along) : ""}
  if (slice == 0u && n < p.n) {
    let column = column_of(n);
${
      each(
        spec.rows,
        (i) => `    finish(row0 + ${i}u, row_address(row0 + ${i}u), column, sums[${i}]);`,
      )
    }
  }`,
  });
}

function operandBinding({ operand, vector }: GemvSpec): Binding {
  const type = operand.kind === "panels"
    ? WIDENED[operand.stored].type
    : operand.transposed && vector
    ? "vec4f"
    : "f32";
  return { name: "w", type, access: "read" };
}

/** Statements for the column `n` of an invocation and where its values are (`w_from`). */
function operandOrigin(operand: PanelOperand | MatrixOperand): string {
  if (operand.kind === "panels") {
    const { width, columns } = operand;
    const lanes = width / columns;
    return `  let panel = min(place / ${width}u, p.panels - 1u);
  let inside = place % ${width}u;
  let n = place / ${width}u * ${width}u + inside % ${lanes}u * ${columns}u + inside / ${lanes}u;
  let w_from = (w_matrix * p.panels + panel) * p.quads * ${width}u + inside;`;
  }
  const at = operand.transposed ? "(w_matrix * p.n + column_at)" : "w_matrix * p.channels * p.n";
  return `  let n = place;
  let column_at = min(n, p.n - 1u);
  let w_from = ${operand.transposed ? `${at} * p.pixel` : `${at} + column_at`};`;
}

/** The function `quad_of(start, quad)`: four values of w along the depth, zeros beyond its end. */
function operandDeclarations({ operand, vector }: GemvSpec): string {
  const declare = (body: string) =>
    `fn quad_of(start: u32, quad: u32) -> vec4f {
  ${body}
}`;
  if (operand.kind === "panels") {
    return `${weightFunction(operand.stored)}
${declare(`return weight(start + quad * ${operand.width}u);`)}`;
  }
  if (operand.transposed && vector) return declare("return w[start + quad];");
  const step = operand.transposed ? "" : " * p.n";
  const value = (u: number) => `w[start + min(k + ${u}u, p.channels - 1u)${step}]`;
  return declare(`let k = quad * 4u;
  let v = vec4f(${[0, 1, 2, 3].map(value).join(", ")});
  return select(vec4f(), v, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(p.channels));`);
}

/** Statements that add the sums of the slices of a column, in halves. */
function treeSum({ columns, slices }: GemvSpec, along: "depth" | "columns"): string {
  const step = along === "depth" ? 1 : columns;
  return `  partial[local] = sums;
  workgroupBarrier();
${
    each(Math.log2(slices), (i) => {
      const half = slices >> (i + 1);
      return `  if (slice < ${half}u) { partial[local] += partial[local + ${half * step}u]; }
  workgroupBarrier();`;
    })
  }
  sums = partial[local];`;
}
