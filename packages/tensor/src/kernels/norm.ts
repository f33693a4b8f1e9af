/**
 * Norms over the last axis, in two passes over the data (mean, then squared deviations):
 *
 * - layer: `(x − mean) / √(var + eps)`
 * - rms: `x / √(mean(x²) + eps)`
 * - channel: `x / max(‖x‖₂, eps) · √C`, Wan2.1's norm of a pixel's channels
 *
 * followed by an affine part, a modulation `· (1 + scale) + shift`, and an activation.
 */
import { type Activation, activationFunction } from "../wgsl/activation.ts";
import { type Element, element } from "../wgsl/element.ts";
import { each, type Kernel, kernel } from "../wgsl/kernel.ts";
import { type RowVariant, rowWalk } from "../wgsl/row_walk.ts";

/** Which statistics a norm divides by. */
export type NormKind = "layer" | "rms" | "channel";

/** What decides the text of the kernel. */
export interface NormSpec {
  /** A tensor of the same shape is added to x first. */
  readonly residual: boolean;
  /** Statistics. */
  readonly kind: NormKind;
  /** One row an invocation, a subgroup or a workgroup. */
  readonly variant: RowVariant;
  /** Elements are read in fours. */
  readonly vector: boolean;
  /** x, residual and result are f16 in memory. */
  readonly half: boolean;
  /** One factor an element. */
  readonly weight: boolean;
  /** One summand an element. */
  readonly bias: boolean;
  /** Modulation by `1 + scale`. */
  readonly scale: boolean;
  /** Modulation by `+ shift`. */
  readonly shift: boolean;
  /** Applied last. */
  readonly activation: Activation;
  /** Invocations a workgroup. */
  readonly threads: number;
  /** Elements of a row that an invocation keeps from pass to pass; 0 where it reads them anew. */
  readonly held: number;
  /** Rows have so many for every invocation, so that none has to look where its row ends. */
  readonly even: boolean;
  /**
   * Invocations take `p.turns` rows one after the other, and keep the vectors meanwhile; only where they
   * keep elements too.
   */
  readonly repeated: boolean;
}

/** Names of the optional vectors in binding order. */
export const NORM_VECTORS = ["weight", "bias", "scale", "shift"] as const;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function norm(spec: NormSpec): Kernel {
  const values = element(spec.vector, spec.half);
  const { stored, type } = values;
  const vectors = vectorsOf(spec);
  return kernel({
    label: `${spec.kind} norm`,
    bindings: [
      { name: "x", type: stored, access: "read" },
      ...(spec.residual ? [{ name: "residual", type: stored, access: "read" as const }] : []),
      ...vectors.map((name) => ({ name, type, access: "read" as const })),
      { name: "y", type: stored, access: "read_write" },
    ],
    params: { rows: "u32", columns: "u32", eps: "f32", turns: "u32" },
    workgroup: [spec.threads, 1, 1],
    features: [
      ...(spec.variant === "subgroup" ? ["subgroups" as const] : []),
      ...(spec.half ? ["f16" as const] : []),
    ],
    declarations: declarations(spec, type),
    body: body(spec, values),
  });
}

function declarations({ activation, variant, threads }: NormSpec, type: string): string {
  return `${rowWalk(variant, threads).declarations}${activationFunction(activation)}
fn sum_of(v: ${type}) -> f32 { return ${type === "vec4f" ? "v.x + v.y + v.z + v.w" : "v"}; }
`;
}

/** Text of an element of a row, with the residual. */
function valueAt(place: string, { residual }: NormSpec, { read }: Element): string {
  return ["x", ...(residual ? ["residual"] : [])].map((name) => read(`${name}[${place}]`)).join(
    " + ",
  );
}

function body(spec: NormSpec, values: Element): string {
  const walk = rowWalk(spec.variant, spec.threads);
  // Surplus invocations repeat the last row, so that all reach the barriers.
  const oneRow = `  let start = min(row, p.rows - 1u) * columns;
${keep(spec, values)}
${statistics(spec, values)}
  if (row < p.rows) {
${overColumns(spec, finish(spec, values))}
  }`;
  if (!spec.repeated) {
    return `  let columns = p.columns;
  let row = ${walk.row};
${oneRow}`;
  }
  return `  let columns = p.columns;
${keepVectors(spec)}
  let first = (${walk.row}) * p.turns;
  for (var turn = 0u; turn < p.turns; turn++) {
  let row = first + turn;
${oneRow}
  }`;
}

/** Statements that read what an invocation keeps of a row: `e{i}`. */
function keep(spec: NormSpec, values: Element): string {
  return each(
    spec.held,
    (i) => `  let e${i} = ${valueAt(`start + ${heldPlace(i, spec)}`, spec, values)};`,
  );
}

/** Statements that read what an invocation keeps of the vectors: `{name}{i}`. */
function keepVectors(spec: NormSpec): string {
  return vectorsOf(spec).map((name) =>
    each(spec.held, (i) => `  let ${name}${i} = ${name}[${heldPlace(i, spec)}];`)
  ).join("\n");
}

function vectorsOf(spec: NormSpec) {
  return NORM_VECTORS.filter((name) => spec[name]);
}

/** Column number i of those that an invocation keeps; the last one where there are fewer. */
function heldPlace(i: number, spec: NormSpec): string {
  return spec.even ? placeOf(i, spec) : `min(${placeOf(i, spec)}, columns - 1u)`;
}

function placeOf(i: number, { variant, threads }: NormSpec): string {
  const { first, step } = rowWalk(variant, threads);
  return `${first} + ${i}u * ${step}`;
}

/** A statement for every column of an invocation; it is given the number of what is kept of it. */
function overColumns(spec: NormSpec, statement: (kept?: number) => string): string {
  if (spec.held === 0) {
    const { first, step } = rowWalk(spec.variant, spec.threads);
    return `  for (var c = ${first}; c < columns; c += ${step}) { ${statement()} }`;
  }
  const guard = spec.even ? "" : "if (c < columns) ";
  return each(spec.held, (i) => `  { let c = ${placeOf(i, spec)}; ${guard}{ ${statement(i)} } }`);
}

/** Text of an element of the row, kept or read anew. */
function elementOf(kept: number | undefined, spec: NormSpec, values: Element): string {
  return kept === undefined ? valueAt("start + c", spec, values) : `e${kept}`;
}

/** Statements that find `mean`, where there is one, and `factor`. */
function statistics(spec: NormSpec, values: Element): string {
  const walk = rowWalk(spec.variant, spec.threads);
  const add = (sum: string) => walk.reduce("add", `sum_of(${sum})`);
  const width = spec.vector ? "f32(columns * 4u)" : "f32(columns)";
  const value = (kept?: number) => elementOf(kept, spec, values);
  const layer = spec.kind === "layer";
  const mean = layer
    ? `  var sum = ${values.type}();
${overColumns(spec, (kept) => `sum += ${value(kept)};`)}
  let mean = ${add("sum")} / ${width};`
    : "";
  const factor = spec.kind === "channel"
    ? `sqrt(${width}) / max(sqrt(squared), p.eps)`
    : `inverseSqrt(squared / ${width} + p.eps)`;
  const centred = (kept?: number) => `${value(kept)}${layer ? " - mean" : ""}`;
  return `${mean}
  var squares = ${values.type}();
${overColumns(spec, (kept) => `let d = ${centred(kept)}; squares += d * d;`)}
  let squared = ${add("squares")};
  let factor = ${factor};`;
}

/** The statements that store a column. */
function finish(spec: NormSpec, values: Element): (kept?: number) => string {
  const { kind, weight, bias, scale, shift, vector, activation } = spec;
  const activated = vector
    ? "vec4f(activate(v.x), activate(v.y), activate(v.z), activate(v.w))"
    : "activate(v)";
  return (kept) => {
    const of = (name: string) => spec.repeated ? `${name}${kept}` : `${name}[c]`;
    const affine = `${weight ? ` * ${of("weight")}` : ""}${bias ? ` + ${of("bias")}` : ""}`;
    return `var v = (${elementOf(kept, spec, values)}${
      kind === "layer" ? " - mean" : ""
    }) * factor${affine};${scale ? ` v *= 1.0 + ${of("scale")};` : ""}${
      shift ? ` v += ${of("shift")};` : ""
    } ${values.write("y[start + c]", activation === "none" ? "v" : activated)}`;
  };
}
