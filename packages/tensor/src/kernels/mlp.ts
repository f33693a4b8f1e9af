/**
 * A whole MLP in one kernel, its hidden values in workgroup memory only: a linear layer, a 3 × 3
 * depthwise convolution if there is one, an activation, a linear layer, and the residual.
 *
 * A workgroup makes 8 × 8 pixels. It walks over the hidden channels, eight at a time: makes them for
 * its pixels, and for those around them that the convolution sees, and adds what they give to the
 * results, which stay in registers.
 */
import { type Activation, activationFunction } from "../wgsl/activation.ts";
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface MlpSpec {
  /** Channels of the input and of the result, a multiple of 8. */
  readonly dim: number;
  /** A depthwise convolution follows the first layer. */
  readonly convolved: boolean;
  /** Follows the first layer, or the convolution. */
  readonly activation: Activation;
  /** A tensor of the result's shape is added. */
  readonly residual: boolean;
}

/** Pixels of a workgroup along each axis. */
export const MLP_TILE = 8;
/** Hidden channels of a step. */
export const MLP_STEP = 8;
/** Largest width that leaves the results of an invocation in registers. */
export const MAX_MLP_DIM = 128;

const THREADS = 128;
const PIXELS = MLP_TILE ** 2;
/** Pixels with those around them along an axis. */
const SPAN = MLP_TILE + 2;

/**
 * Builds the kernel; its grid is flat over (picture, tile). Rows of `between` are the first layer's
 * bias, and with a convolution its bias and its nine taps.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function mlp(spec: MlpSpec): Kernel {
  const { dim, convolved, activation, residual } = spec;
  const quads = dim / 4;
  const read = (name: string) => ({ name, type: "vec4f", access: "read" as const });
  return kernel({
    label: convolved ? "mlp_3x3" : "mlp",
    bindings: [
      ...["x", "w1", "between", "w2", "bias2"].map(read),
      ...(residual ? [read("residual")] : []),
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: { total: "u32", rows: "u32", cols: "u32", down: "u32", across: "u32", hidden: "u32" },
    workgroup: [THREADS, 1, 1],
    declarations: `${activationFunction(activation)}
var<workgroup> tile_w1: array<vec4f, ${2 * dim}>;
var<workgroup> tile_w2: array<vec4f, ${2 * dim}>;
var<workgroup> passed: array<vec4f, ${2 * PIXELS}>;
${convolved ? `var<workgroup> hidden: array<vec4f, ${2 * SPAN ** 2}>;` : ""}
fn activated(v: vec4f) -> vec4f {
  return vec4f(activate(v.x), activate(v.y), activate(v.z), activate(v.w));
}
`,
    body: `  let flat = ${FLAT_WORKGROUP};
  if (flat >= p.total) { return; }
  let image = flat / (p.down * p.across);
  let top = flat / p.across % p.down * ${MLP_TILE}u;
  let left = flat % p.across * ${MLP_TILE}u;
  let pixel = local % ${PIXELS}u;
  let half = local / ${PIXELS}u;
  let row = top + pixel / ${MLP_TILE}u;
  let col = left + pixel % ${MLP_TILE}u;
  let wide = p.hidden / 4u;
${convolved ? spot : pixelSpot}
  let at = ((image * p.rows + select(0u, spot_row, inside)) * p.cols + select(0u, spot_col, inside)) * ${quads}u;
${each(quads / 2, (k) => `  var o${k} = vec4f();`)}
  for (var first = 0u; first < wide; first += 2u) {
    workgroupBarrier();
    for (var i = local; i < ${2 * dim}u; i += ${THREADS}u) {
      tile_w1[i] = w1[(first * 4u + i % ${MLP_STEP}u) * ${quads}u + i / ${MLP_STEP}u];
      tile_w2[i] = w2[i % ${dim}u * wide + first + i / ${dim}u];
    }
    workgroupBarrier();
${convolved ? convolvedStep(quads) : plainStep(quads)}
    workgroupBarrier();
    let a0 = passed[pixel * 2u];
    let a1 = passed[pixel * 2u + 1u];
    let from_w2 = half * ${dim / 2}u;
${each(quads / 2, (k) => `    o${k} += vec4f(${[0, 1, 2, 3].map((u) => sum(dim, 4 * k + u))});`)}
  }
  if (row < p.rows && col < p.cols) {
    let to = ((image * p.rows + row) * p.cols + col) * ${quads}u + half * ${quads / 2}u;
${
      each(quads / 2, (k) =>
        `    y[to + ${k}u] = o${k} + bias2[half * ${quads / 2}u + ${k}u]${
          residual ? ` + residual[to + ${k}u]` : ""
        };`)
    }
  }`,
  });
}

/** What eight hidden channels give to result c of this invocation. */
function sum(dim: number, c: number): string {
  return `dot(a0, tile_w2[from_w2 + ${c}u]) + dot(a1, tile_w2[from_w2 + ${dim + c}u])`;
}

/** The pixel whose hidden channels this invocation makes: one of the tile or around it. */
const spot = `  let spot_row = top + local / ${SPAN}u - 1u;
  let spot_col = left + local % ${SPAN}u - 1u;
  let inside = (local < ${SPAN ** 2}u) & (spot_row < p.rows) & (spot_col < p.cols);`;

const pixelSpot = `  let spot_row = row;
  let spot_col = col;
  let inside = (row < p.rows) & (col < p.cols);`;

/** Four hidden channels from place `from` of the eight on, in `h{index}`. */
function products(index: number, from: string): string {
  const dots = [0, 1, 2, 3].map((u) => `dot(v, tile_w1[quad * ${MLP_STEP}u + ${from} + ${u}u])`);
  return `h${index} += vec4f(${dots});`;
}

function plainStep(quads: number): string {
  return `    var h0 = between[first + half];
    for (var quad = 0u; quad < ${quads}u; quad++) {
      let v = x[at + quad];
      ${products(0, "half * 4u")}
    }
    passed[pixel * 2u + half] = activated(h0);`;
}

function convolvedStep(quads: number): string {
  const tap = (index: number) => {
    const [down, right] = [Math.floor(index / 3), index % 3];
    return `    s += hidden[(corner + ${down * SPAN + right}u) * 2u + half] * between[${
      index + 2
    }u * wide + first + half];`;
  };
  return `    if (local < ${SPAN ** 2}u) {
      var h0 = between[first];
      var h1 = between[first + 1u];
      for (var quad = 0u; quad < ${quads}u; quad++) {
        let v = x[at + quad];
        ${products(0, "0u")}
        ${products(1, "4u")}
      }
      hidden[local * 2u] = select(vec4f(), h0, inside);
      hidden[local * 2u + 1u] = select(vec4f(), h1, inside);
    }
    workgroupBarrier();
    let corner = pixel / ${MLP_TILE}u * ${SPAN}u + pixel % ${MLP_TILE}u;
    var s = between[wide + first + half];
${each(9, tap)}
    passed[pixel * 2u + half] = activated(s);`;
}
