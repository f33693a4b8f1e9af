/** Depthwise convolutions: every channel has its own small picture filter. */
import { activationFunction } from "../wgsl/activation.ts";
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";
import type { EpilogueSpec } from "./gemm_epilogue.ts";

/** Structural constants of a depthwise convolution. */
export interface DepthwiseSpec {
  /** Kernel height and width. */
  readonly taps: readonly [number, number];
  /** Stride and dilation are 1, so that neighbours along both axes can share what they read. */
  readonly adjacent: boolean;
  /** Output columns of one invocation: neighbours share the lines that they read. */
  readonly columns: number;
  /** Invocations of a workgroup. */
  readonly threads: number;
  /** Channels are read four at a time. */
  readonly vector: boolean;
  /** What happens to the sums. */
  readonly epilogue: EpilogueSpec;
}

/**
 * The kernel of a depthwise convolution. An invocation makes four channels of some pixels of a line
 * and, where stride and dilation are 1, walks down from there over `rows` lines: it reads each line
 * once, adds it to all results that it is a neighbour of, and finishes one line of them.
 *
 * @param spec Structural constants.
 * @returns The kernel; its grid is flat over (pictures, blocks of lines, of columns, of channels).
 */
export function depthwise(spec: DepthwiseSpec): Kernel {
  const { taps, columns, threads, vector, epilogue, adjacent } = spec;
  const type = vector ? "vec4f" : "f32";
  const optional = (["bias", "scale", "residual"] as const).filter((name) => epilogue[name]);
  return kernel({
    label: `depthwise_${taps.join("x")}`,
    bindings: [
      { name: "x", type, access: "read" },
      { name: "w", type, access: "read" },
      ...optional.map((name) => ({ name, type, access: "read" as const })),
      { name: "y", type, access: "read_write" },
    ],
    params: {
      total: "u32",
      c: "u32",
      blocks: "u32",
      lines: "u32",
      rows: "u32",
      ih: "u32",
      iw: "u32",
      oh: "u32",
      ow: "u32",
      sh: "u32",
      sw: "u32",
      dh: "u32",
      dw: "u32",
      ph: "i32",
      pw: "i32",
      alpha: "f32",
    },
    workgroup: [threads, 1, 1],
    declarations: activationFunction(epilogue.activation),
    body: `  let index = ${FLAT_WORKGROUP} * ${threads}u + local;
  if (index >= p.total) { return; }
  let c = index % p.c;
  let block = index / p.c;
  let ox = block % p.blocks * ${columns}u;
  let line = block / p.blocks;
  let first = line % p.lines * p.rows;
  let image = line / p.lines;
  let from_x = i32(ox * p.sw) - p.pw;
${epilogue.bias ? "  let bias_c = bias[c];" : ""}
${epilogue.scale ? "  let scale_c = scale[c];" : ""}
${adjacent ? walk(spec, type) : single(spec, type)}`,
  });
}

/** Statements that finish and store column i of line `oy` from a sum. */
function store(i: number, sum: string, { vector, epilogue }: DepthwiseSpec, type: string): string {
  const lanes = vector
    ? ["x", "y", "z", "w"].map((lane) => `activate(v.${lane})`)
    : ["activate(v)"];
  return `  if (ox + ${i}u < p.ow) {
    let at = ((image * p.oh + oy) * p.ow + ox + ${i}u) * p.c + c;
    var v = ${sum} * p.alpha${epilogue.bias ? " + bias_c" : ""};
    v = ${type}(${lanes.join(", ")})${epilogue.scale ? " * scale_c" : ""};
    y[at] = v${epilogue.residual ? " + residual[at]" : ""};
  }`;
}

/** One line of results with any stride and dilation. */
function single(spec: DepthwiseSpec, type: string): string {
  const { taps: [kh, kw], columns } = spec;
  return `  let oy = first;
${each(columns, (i) => `  var s${i} = ${type}();`)}
  for (var ky = 0u; ky < ${kh}u; ky++) {
    let iy = i32(oy * p.sh + ky * p.dh) - p.ph;
    let inside = u32(iy) < p.ih;
    let start = (image * p.ih + select(0u, u32(iy), inside)) * p.iw;
    for (var kx = 0u; kx < ${kw}u; kx++) {
      let tap = w[(ky * ${kw}u + kx) * p.c + c];
${
    each(columns, (i) =>
      `      let x${i} = from_x + i32(${i}u * p.sw + kx * p.dw);
      let ok${i} = inside & (u32(x${i}) < p.iw);
      s${i} += select(${type}(), x[(start + select(0u, u32(x${i}), ok${i})) * p.c + c], ok${i}) * tap;`)
  }
    }
  }
${each(columns, (i) => store(i, `s${i}`, spec, type))}`;
}

/**
 * Lines of results one after the other. `s{k}_{i}` is the sum of column i that still wants k lines;
 * each line that is read moves it on to k - 1, and with none to come it is finished.
 */
function walk(spec: DepthwiseSpec, type: string): string {
  const { taps: [kh, kw], columns } = spec;
  const seen = columns + kw - 1;
  const product = (i: number, ky: number) =>
    Array.from({ length: kw }, (_, kx) => `v${i + kx} * w${ky}_${kx}`).join(" + ");
  const advance = (left: number, i: number) => {
    const before = left === kh - 1 ? "" : `s${left + 1}_${i} + `;
    return `    let n${left}_${i} = ${before}${product(i, kh - 1 - left)};`;
  };
  return `${
    each(kh, (ky) => each(kw, (kx) => `  let w${ky}_${kx} = w[${ky * kw + kx}u * p.c + c];`))
  }
${
    each(seen, (i) =>
      `  let ok${i} = u32(from_x + ${i}) < p.iw;
  let at${i} = select(0u, u32(from_x + ${i}), ok${i}) * p.c + c;`)
  }
${each(kh - 1, (k) => each(columns, (i) => `  var s${k + 1}_${i} = ${type}();`))}
  let count = min(p.rows, p.oh - first) + ${kh - 1}u;
  for (var down = 0u; down < count; down++) {
    let iy = i32(first + down) - p.ph;
    let inside = u32(iy) < p.ih;
    let start = (image * p.ih + select(0u, u32(iy), inside)) * p.iw * p.c;
${each(seen, (i) => `    let v${i} = select(${type}(), x[start + at${i}], inside & ok${i});`)}
${each(kh, (left) => each(columns, (i) => advance(left, i)))}
${each(kh - 1, (k) => each(columns, (i) => `    s${k + 1}_${i} = n${k + 1}_${i};`))}
    if (down >= ${kh - 1}u) {
      let oy = first + down - ${kh - 1}u;
${each(columns, (i) => store(i, `n0_${i}`, spec, type))}
    }
  }`;
}
