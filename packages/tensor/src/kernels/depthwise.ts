/** Depthwise convolutions: every channel has its own small picture filter. */
import { activationFunction } from "../wgsl/activation.ts";
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";
import type { EpilogueSpec } from "./implicit_gemm.ts";

/** Structural constants of a depthwise convolution. */
export interface DepthwiseSpec {
  /** Kernel height and width. */
  readonly taps: readonly [number, number];
  /** Channels are read four at a time. */
  readonly vector: boolean;
  /** What happens to the sums. */
  readonly epilogue: EpilogueSpec;
}

/** Output columns of one invocation: neighbours share the lines that they read. */
export const DEPTHWISE_COLUMNS = 4;

/** Invocations of a workgroup. */
export const DEPTHWISE_THREADS = 64;

/**
 * The kernel of a depthwise convolution: an invocation makes four channels of four pixels of a line.
 *
 * @param spec Structural constants.
 * @returns The kernel; its grid is flat over (pictures, lines, column blocks, channel blocks).
 */
export function depthwise({ taps, vector, epilogue }: DepthwiseSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  const optional = (["bias", "scale", "residual"] as const).filter((name) => epilogue[name]);
  const lanes = vector
    ? ["x", "y", "z", "w"].map((lane) => `activate(v.${lane})`)
    : ["activate(v)"];
  const column = (i: number) =>
    `  if (ox + ${i}u < p.ow) {
    let at = ((image * p.oh + oy) * p.ow + ox + ${i}u) * p.c + c;
    var v = s${i} * p.alpha${epilogue.bias ? " + bias[c]" : ""};
    v = ${type}(${lanes.join(", ")})${epilogue.scale ? " * scale[c]" : ""};
    y[at] = v${epilogue.residual ? " + residual[at]" : ""};
  }`;
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
    workgroup: [DEPTHWISE_THREADS, 1, 1],
    declarations: activationFunction(epilogue.activation),
    body: `  let index = ${FLAT_WORKGROUP} * ${DEPTHWISE_THREADS}u + local;
  if (index >= p.total) { return; }
  let c = index % p.c;
  let block = index / p.c;
  let ox = block % p.blocks * ${DEPTHWISE_COLUMNS}u;
  let line = block / p.blocks;
  let oy = line % p.oh;
  let image = line / p.oh;
  let from_x = i32(ox * p.sw) - p.pw;
${each(DEPTHWISE_COLUMNS, (i) => `  var s${i} = ${type}();`)}
  for (var ky = 0u; ky < ${taps[0]}u; ky++) {
    let iy = i32(oy * p.sh + ky * p.dh) - p.ph;
    let inside = u32(iy) < p.ih;
    let start = (image * p.ih + select(0u, u32(iy), inside)) * p.iw;
    for (var kx = 0u; kx < ${taps[1]}u; kx++) {
      let tap = w[(ky * ${taps[1]}u + kx) * p.c + c];
${
      each(DEPTHWISE_COLUMNS, (i) =>
        `      let x${i} = from_x + i32(${i}u * p.sw + kx * p.dw);
      let ok${i} = inside & (u32(x${i}) < p.iw);
      s${i} += select(${type}(), x[(start + select(0u, u32(x${i}), ok${i})) * p.c + c], ok${i}) * tap;`)
    }
    }
  }
${each(DEPTHWISE_COLUMNS, column)}`,
  });
}
