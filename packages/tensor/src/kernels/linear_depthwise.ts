/**
 * A linear layer and a 3 × 3 depthwise convolution of its result, which is never in memory: what an MLP
 * over a picture begins with. For CPU adapters, where what a lane loads is dear and is broadcast within
 * its subgroup.
 *
 * Each lane has four channels of the result, in the order of the panels of {@link implicitGemm}, and
 * loads one pixel of a line. The subgroup makes the layer's values for all of these pixels and walks down
 * the picture; every line gives results for its pixels but the first and the last.
 */
import { type Activation, activationFunction } from "../wgsl/activation.ts";
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface LinearDepthwiseSpec {
  /** Channels of the input in fours; all of the layer's weights for four results are kept. */
  readonly quads: number;
  /** Lanes of a subgroup, and pixels of a line that they load. */
  readonly lanes: number;
  /** Applied last. */
  readonly activation: Activation;
}

/** Most channels of the input, in fours, whose weights are worth keeping. */
export const MOST_QUADS = 8;

/**
 * Results of a line of one invocation: those of its pixels that have neighbours on both sides.
 *
 * @param lanes Lanes of a subgroup.
 * @returns Columns.
 */
export function lineColumns(lanes: number): number {
  return lanes - 2;
}

/**
 * Builds the kernel; its grid is flat over (pictures, blocks of lines, of columns), z is the panel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function linearDepthwise(spec: LinearDepthwiseSpec): Kernel {
  const { quads, lanes, activation } = spec;
  const columns = lineColumns(lanes);
  const read = (name: string) => ({ name, type: "vec4f", access: "read" as const });
  return kernel({
    label: "linear_depthwise",
    bindings: [
      ...["x", "w", "bias", "taps", "taps_bias"].map(read),
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: {
      total: "u32",
      blocks: "u32",
      lines: "u32",
      rows: "u32",
      height: "u32",
      width: "u32",
      out_height: "u32",
      top: "u32",
      wide: "u32",
    },
    workgroup: [lanes, 1, 1],
    features: ["subgroups"],
    declarations: activationFunction(activation),
    body: `  let block = ${FLAT_WORKGROUP};
  if (block >= p.total) { return; }
  let left = block % p.blocks * ${columns}u;
  let first = block / p.blocks % p.lines * p.rows;
  let image = block / p.blocks / p.lines;
  let own = wid.z * ${lanes}u + lane;
  let c = min(own, p.wide - 1u);
  let col = left + lane - 1u;
  let col_inside = col < p.width;
  let col_at = select(0u, col, col_inside) * ${quads}u;
${
      each(quads, (q) =>
        each(4, (j) =>
          `  let w${q}_${j} = w[(wid.z * ${quads}u + ${q}u) * ${4 * lanes}u + ${
            j * lanes
          }u + lane];`))
    }
  let bias_c = bias[c];
${each(9, (tap) => `  let t${tap} = taps[${tap}u * p.wide + c];`)}
  let taps_bias_c = taps_bias[c];
${each(columns, (i) => `  var one${i} = vec4f();\n  var two${i} = vec4f();`)}
  let count = min(p.rows, p.out_height - first) + 2u;
  for (var down = 0u; down < count; down++) {
    let row = first + down - p.top;
    let row_inside = row < p.height;
    let at = (image * p.height + select(0u, row, row_inside)) * p.width * ${quads}u + col_at;
${each(quads, (q) => `    let x${q} = x[at + ${q}u];`)}
    let inside = select(0u, 1u, row_inside & col_inside);
${each(lanes, (i) => pixel(i, quads))}
${each(columns, (i) => line(i))}
    if (down >= 2u) {
      let to = ((image * p.out_height + first + down - 2u) * p.width + left) * p.wide + own;
${each(columns, (i) => store(i))}
    }
${each(columns, (i) => `    one${i} = next_one${i};\n    two${i} = next_two${i};`)}
  }`,
  });
}

/** Statements that make the layer's values of pixel i of a line, `v{i}`; zeros outside the picture. */
function pixel(i: number, quads: number): string {
  const products = (q: number) =>
    each(
      4,
      (j) =>
        `    h${j} += a.x * w${q}_${j}.x + a.y * w${q}_${j}.y + a.z * w${q}_${j}.z + a.w * w${q}_${j}.w;`,
    );
  return `    var v${i} = vec4f();
    {
    var h0 = bias_c.x; var h1 = bias_c.y; var h2 = bias_c.z; var h3 = bias_c.w;
${each(quads, (q) => `    { let a = subgroupBroadcast(x${q}, ${i}u);\n${products(q)} }`)}
    v${i} = select(vec4f(), vec4f(h0, h1, h2, h3), subgroupBroadcast(inside, ${i}u) != 0u);
    }`;
}

/** Statements that add a line to the results of column i: one that is ready, two that want more lines. */
function line(i: number): string {
  const sum = (ky: number) => [0, 1, 2].map((kx) => `v${i + kx} * t${3 * ky + kx}`).join(" + ");
  return `    let ready${i} = one${i} + ${sum(2)};
    let next_one${i} = two${i} + ${sum(1)};
    let next_two${i} = ${sum(0)};`;
}

function store(i: number): string {
  return `      if (left + ${i}u < p.width && own < p.wide) {
        let v = ready${i} + taps_bias_c;
        y[to + ${i}u * p.wide] = vec4f(activate(v.x), activate(v.y), activate(v.z), activate(v.w));
      }`;
}
