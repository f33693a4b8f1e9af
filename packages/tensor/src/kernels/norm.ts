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
  /** Rows side by side, which share what is read of the vectors; 1 unless elements are kept. */
  readonly together: number;
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
  const vectors = NORM_VECTORS.filter((name) => spec[name]);
  return kernel({
    label: `${spec.kind} norm`,
    bindings: [
      { name: "x", type: stored, access: "read" },
      ...(spec.residual ? [{ name: "residual", type: stored, access: "read" as const }] : []),
      ...vectors.map((name) => ({ name, type, access: "read" as const })),
      { name: "y", type: stored, access: "read_write" },
    ],
    params: { rows: "u32", columns: "u32", eps: "f32" },
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
  const { together } = spec;
  // Surplus invocations repeat the last row, so that all reach the barriers.
  return `  let first = (${walk.row}) * ${together}u;
  let columns = p.columns;
${
    each(together, (r) =>
      `  let row${r} = first + ${r}u;
  let start${r} = min(row${r}, p.rows - 1u) * columns;`)
  }
${keep(spec, values)}
${each(together, (r) => statistics(r, spec, values))}
  if (first >= p.rows) { return; }
${overColumns(spec, finish(spec, values))}`;
}

/** Statements that read what an invocation keeps: `e{row}_{i}`. */
function keep(spec: NormSpec, values: Element): string {
  return each(spec.held, (i) => {
    const c = spec.even ? placeOf(i, spec) : `min(${placeOf(i, spec)}, columns - 1u)`;
    return each(
      spec.together,
      (r) => `  let e${r}_${i} = ${valueAt(`start${r} + ${c}`, spec, values)};`,
    );
  });
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

/** Text of an element of row r, kept or read anew. */
function elementOf(r: number, kept: number | undefined, spec: NormSpec, values: Element): string {
  return kept === undefined ? valueAt(`start${r} + c`, spec, values) : `e${r}_${kept}`;
}

/** Statements that find `mean{r}`, where there is one, and `factor{r}`. */
function statistics(r: number, spec: NormSpec, values: Element): string {
  const walk = rowWalk(spec.variant, spec.threads);
  const add = (sum: string) => walk.reduce("add", `sum_of(${sum})`);
  const width = spec.vector ? "f32(columns * 4u)" : "f32(columns)";
  const value = (kept?: number) => elementOf(r, kept, spec, values);
  const layer = spec.kind === "layer";
  const mean = layer
    ? `  var sum${r} = ${values.type}();
${overColumns(spec, (kept) => `sum${r} += ${value(kept)};`)}
  let mean${r} = ${add(`sum${r}`)} / ${width};`
    : "";
  const factor = spec.kind === "channel"
    ? `sqrt(${width}) / max(sqrt(squared${r}), p.eps)`
    : `inverseSqrt(squared${r} / ${width} + p.eps)`;
  const centred = (kept?: number) => `${value(kept)}${layer ? ` - mean${r}` : ""}`;
  return `${mean}
  var squares${r} = ${values.type}();
${overColumns(spec, (kept) => `let d = ${centred(kept)}; squares${r} += d * d;`)}
  let squared${r} = ${add(`squares${r}`)};
  let factor${r} = ${factor};`;
}

/** The statement that stores a column of all rows; vectors are read once for them. */
function finish(spec: NormSpec, values: Element): (kept?: number) => string {
  const vectors = NORM_VECTORS.filter((name) => spec[name])
    .map((name) => `let ${name}_c = ${name}[c];`).join(" ");
  const activated = spec.vector
    ? "vec4f(activate(v.x), activate(v.y), activate(v.z), activate(v.w))"
    : "activate(v)";
  const store = (r: number, kept?: number) => {
    const mean = spec.kind === "layer" ? ` - mean${r}` : "";
    const statements = `var v = (${elementOf(r, kept, spec, values)}${mean}) * factor${r}${
      spec.weight ? " * weight_c" : ""
    }${spec.bias ? " + bias_c" : ""};${spec.scale ? " v *= 1.0 + scale_c;" : ""}${
      spec.shift ? " v += shift_c;" : ""
    } ${values.write(`y[start${r} + c]`, spec.activation === "none" ? "v" : activated)}`;
    return r === 0 ? `{ ${statements} }` : `if (row${r} < p.rows) { ${statements} }`;
  };
  return (kept) => `${vectors} ${each(spec.together, (r) => store(r, kept))}`;
}
