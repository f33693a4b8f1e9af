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

/** The elements of a row that an invocation sees, in every pass over them. */
interface Passes {
  /** Statements before the first pass. */
  readonly prepare: string;
  /** Statements of a pass; `value` is the text of element `c`. */
  over(statement: (value: string) => string): string;
}

function passes({ variant, threads, residual, held, even }: NormSpec, { read }: Element): Passes {
  const { first, step } = rowWalk(variant, threads);
  const value = ["x", ...(residual ? ["residual"] : [])]
    .map((name) => read(`${name}[start + c]`)).join(" + ");
  if (held === 0) {
    return {
      prepare: "",
      over: (statement) =>
        `  for (var c = ${first}; c < columns; c += ${step}) { ${statement(value)} }`,
    };
  }
  const place = (i: number) => `${first} + ${i}u * ${step}`;
  return {
    prepare: each(held, (i) => {
      const c = even ? place(i) : `min(${place(i)}, columns - 1u)`;
      return `  let e${i} = ${value.replaceAll("start + c", `start + ${c}`)};`;
    }),
    over: (statement) =>
      each(held, (i) => {
        const guard = even ? "" : "if (c < columns) ";
        return `  { let c = ${place(i)}; ${guard}{ ${statement(`e${i}`)} } }`;
      }),
  };
}

function body(spec: NormSpec, values: Element): string {
  const { type, write } = values;
  const walk = rowWalk(spec.variant, spec.threads);
  const add = (sum: string) => walk.reduce("add", `sum_of(${sum})`);
  const { prepare, over } = passes(spec, values);
  const width = spec.vector ? "f32(columns * 4u)" : "f32(columns)";
  const centred = (value: string) => spec.kind === "layer" ? `${value} - mean` : value;
  const mean = spec.kind === "layer"
    ? `  var sum = ${type}();
${over((value) => `sum += ${value};`)}
  let mean = ${add("sum")} / ${width};`
    : "";
  const factor = spec.kind === "channel"
    ? `sqrt(${width}) / max(sqrt(squared), p.eps)`
    : `inverseSqrt(squared / ${width} + p.eps)`;
  const activated = spec.vector
    ? "vec4f(activate(v.x), activate(v.y), activate(v.z), activate(v.w))"
    : "activate(v)";
  // Surplus invocations repeat the last row, so that all reach the barriers.
  return `  let row = ${walk.row};
  let columns = p.columns;
  let start = min(row, p.rows - 1u) * columns;
${prepare}
${mean}
  var squares = ${type}();
${over((value) => `let d = ${centred(value)}; squares += d * d;`)}
  let squared = ${add("squares")};
  let factor = ${factor};
  if (row >= p.rows) { return; }
${
    over((value) =>
      `var v = (${centred(value)}) * factor${spec.weight ? " * weight[c]" : ""}${
        spec.bias ? " + bias[c]" : ""
      };` +
      (spec.scale ? " v *= 1.0 + scale[c];" : "") +
      (spec.shift ? " v += shift[c];" : "") +
      ` ${write("y[start + c]", spec.activation === "none" ? "v" : activated)}`
    )
  }`;
}
