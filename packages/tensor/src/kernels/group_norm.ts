/**
 * Group norm in three steps, because a group covers a whole picture:
 *
 * 1. mean and squared deviations of every channel over blocks of positions,
 * 2. their combination over the blocks and channels of a group (Chan's formula, which loses no
 *    digits when the mean is large), giving `mean` and `factor` of every channel,
 * 3. `activate((x − mean) · factor + bias)`.
 */
import { type Activation, activationFunction } from "../wgsl/activation.ts";
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";
import { type RowVariant, rowWalk } from "../wgsl/row_walk.ts";

/** Invocations a workgroup of the first and last step. */
export const GROUP_NORM_THREADS = 64;

/**
 * First step: `[N, positions, C]` to `[N, blocks, C]` means and sums of squared deviations.
 *
 * @param spec Whether channels are read in fours.
 * @returns The kernel; flat grid over `N · blocks · C`.
 */
export function groupNormBlocks({ vector }: { readonly vector: boolean }): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: "group norm blocks",
    bindings: [
      { name: "x", type, access: "read" },
      { name: "means", type, access: "read_write" },
      { name: "squares", type, access: "read_write" },
    ],
    params: { total: "u32", c: "u32", positions: "u32", blocks: "u32", length: "u32" },
    workgroup: [GROUP_NORM_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${GROUP_NORM_THREADS}u + local;
  if (index >= p.total) { return; }
  let channel = index % p.c;
  let block = index / p.c % p.blocks;
  let picture = index / p.c / p.blocks;
  let first = block * p.length;
  let count = min(p.length, p.positions - first);
  let start = (picture * p.positions + first) * p.c + channel;
  var sum = ${type}();
  for (var i = 0u; i < count; i++) { sum += x[start + i * p.c]; }
  let mean = sum / f32(count);
  var squared = ${type}();
  for (var i = 0u; i < count; i++) {
    let d = x[start + i * p.c] - mean;
    squared += d * d;
  }
  means[index] = mean;
  squares[index] = squared;`,
  });
}

/** What decides the text of the second step. */
export interface GroupNormCombineSpec {
  /** How the values of a group are spread. */
  readonly variant: RowVariant;
  /** One factor a channel. */
  readonly weight: boolean;
  /** Invocations a workgroup. */
  readonly threads: number;
}

/**
 * Second step: `[N, blocks, C]` to the `[N, C]` means and factors of the last step.
 *
 * @param spec What decides its text.
 * @returns The kernel; a row is a group of a picture.
 */
export function groupNormCombine({ variant, weight, threads }: GroupNormCombineSpec): Kernel {
  const walk = rowWalk(variant, threads);
  const loop = (last: string, statement: string) =>
    `  for (var i = ${walk.first}; i < ${last}; i += ${walk.step}) {\n${statement}\n  }`;
  // A value's place among the [blocks, C] of its picture, and the positions that it stands for.
  const place = `    let block = i / p.width;
    let at = start + block * p.c + i % p.width;
    let count = f32(min(p.length, p.positions - block * p.length));`;
  return kernel({
    label: "group norm combine",
    bindings: [
      { name: "means", type: "f32", access: "read" },
      { name: "squares", type: "f32", access: "read" },
      ...(weight ? [{ name: "weight", type: "f32", access: "read" as const }] : []),
      { name: "mean", type: "f32", access: "read_write" },
      { name: "factor", type: "f32", access: "read_write" },
    ],
    params: {
      rows: "u32",
      c: "u32",
      width: "u32",
      positions: "u32",
      blocks: "u32",
      length: "u32",
      eps: "f32",
    },
    workgroup: [threads, 1, 1],
    features: variant === "subgroup" ? ["subgroups"] : [],
    declarations: walk.declarations,
    body: `  let row = ${walk.row};
  let groups_each = p.c / p.width;
  let valid = min(row, p.rows - 1u);
  let picture = valid / groups_each;
  let channel = valid % groups_each * p.width;
  let start = picture * p.blocks * p.c + channel;
  let values = p.blocks * p.width;
  let total = f32(p.positions) * f32(p.width);
  var sum = 0.0;
${loop("values", `${place}\n    sum += means[at] * count;`)}
  let average = ${walk.reduce("add", "sum")} / total;
  var squared = 0.0;
${
      loop(
        "values",
        `${place}\n    let d = means[at] - average;\n    squared += squares[at] + d * d * count;`,
      )
    }
  let scale = inverseSqrt(${walk.reduce("add", "squared")} / total + p.eps);
  if (row >= p.rows) { return; }
${
      loop(
        "p.width",
        `    mean[picture * p.c + channel + i] = average;
    factor[picture * p.c + channel + i] = scale${weight ? " * weight[channel + i]" : ""};`,
      )
    }`,
  });
}

/** What decides the text of the last step. */
export interface GroupNormApplySpec {
  /** Channels are read in fours. */
  readonly vector: boolean;
  /** One summand a channel. */
  readonly bias: boolean;
  /** Applied last. */
  readonly activation: Activation;
}

/**
 * Last step.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over all elements.
 */
export function groupNormApply({ vector, bias, activation }: GroupNormApplySpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: "group norm apply",
    bindings: [
      { name: "x", type, access: "read" },
      { name: "mean", type, access: "read" },
      { name: "factor", type, access: "read" },
      ...(bias ? [{ name: "bias", type, access: "read" as const }] : []),
      { name: "y", type, access: "read_write" },
    ],
    params: { total: "u32", c: "u32", positions: "u32" },
    workgroup: [GROUP_NORM_THREADS, 1, 1],
    declarations: activationFunction(activation),
    body: `  let index = ${FLAT_WORKGROUP} * ${GROUP_NORM_THREADS}u + local;
  if (index >= p.total) { return; }
  let channel = index % p.c;
  let at = index / (p.c * p.positions) * p.c + channel;
  let v = (x[index] - mean[at]) * factor[at]${bias ? " + bias[channel]" : ""};
  y[index] = ${
      vector ? "vec4f(activate(v.x), activate(v.y), activate(v.z), activate(v.w))" : "activate(v)"
    };`,
  });
}
