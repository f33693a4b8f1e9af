/**
 * A linear layer and a 3 × 3 depthwise convolution of its result, which is never in memory: what an MLP
 * over a picture begins with. For CPU adapters, where what a lane loads is dear and is broadcast within
 * its subgroup.
 *
 * Each lane has four channels of the result, in the order of the panels of {@link implicitGemm}, and
 * loads some pixels of a line. The subgroup makes the layer's values for all of these pixels and walks down
 * the picture; every line gives results for its pixels but the first and the last.
 */
import { type Activation, activationFunction } from "../wgsl/activation.ts";
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface LinearDepthwiseSpec {
  /** Channels of the input in fours; all of the layer's weights for four results are kept. */
  readonly quads: number;
  /** Lanes of a subgroup. */
  readonly lanes: number;
  /** Pixels of a line that each lane loads. */
  readonly loads: number;
  /** Applied last. */
  readonly activation: Activation;
}

/** Most channels of the input, in fours, whose weights are worth keeping. */
export const MOST_QUADS = 16;

/**
 * Results of a line of one invocation: those of its pixels that have neighbours on both sides.
 *
 * @param spec Who loads how many pixels.
 * @returns Columns.
 */
export function lineColumns(
  { lanes, loads }: Pick<LinearDepthwiseSpec, "lanes" | "loads">,
): number {
  return lanes * loads - 2;
}

/**
 * Builds the kernel; its grid is flat over (pictures, blocks of lines, of columns), z is the panel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function linearDepthwise(spec: LinearDepthwiseSpec): Kernel {
  const { quads, lanes, loads, activation } = spec;
  const columns = lineColumns(spec);
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
${
      each(loads, (i) =>
        `  let col${i} = left + ${i * lanes}u + lane - 1u;
  let col_inside${i} = col${i} < p.width;
  let col_at${i} = select(0u, col${i}, col_inside${i}) * ${quads}u;`)
    }
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
    let row_at = (image * p.height + select(0u, row, row_inside)) * p.width * ${quads}u;
${each(loads, (i) => each(quads, (q) => `    let x${i}_${q} = x[row_at + col_at${i} + ${q}u];`))}
${each(loads, (i) => `    let inside${i} = select(0u, 1u, row_inside & col_inside${i});`)}
${each(lanes * loads, (i) => pixel(i, spec))}
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
function pixel(i: number, { quads, lanes }: LinearDepthwiseSpec): string {
  const given = (name: string) => `subgroupBroadcast(${name}, ${i % lanes}u)`;
  const load = Math.floor(i / lanes);
  const products = (q: number) =>
    each(
      4,
      (j) =>
        `    h${j} += a.x * w${q}_${j}.x + a.y * w${q}_${j}.y + a.z * w${q}_${j}.z + a.w * w${q}_${j}.w;`,
    );
  return `    var v${i} = vec4f();
    {
    var h0 = bias_c.x; var h1 = bias_c.y; var h2 = bias_c.z; var h3 = bias_c.w;
${each(quads, (q) => `    { let a = ${given(`x${load}_${q}`)};\n${products(q)} }`)}
    v${i} = select(vec4f(), vec4f(h0, h1, h2, h3), ${given(`inside${load}`)} != 0u);
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
