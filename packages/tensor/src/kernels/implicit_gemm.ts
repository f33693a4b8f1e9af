/**
 * Matrix products and convolutions as one family: y[m, n] = Σ over taps and channels of
 * x[pixel(m) + tap, c] · w[tap, c, n]. A linear layer is the case of a single tap.
 *
 * Weights come in panels `[panel][tap][channel / 4][column of the panel]`, each entry four channels,
 * so that neighbouring lanes read neighbouring vectors.
 */
import { activationFunction, CHEAP_ACTIVATIONS } from "../wgsl/activation.ts";
import type { Activation } from "../wgsl/activation.ts";
import { type Binding, each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";
import type { ParamType } from "../wgsl/kernel.ts";

/** What happens to a sum before it is stored, in this order: bias, activation, scale, residual. */
export interface EpilogueSpec {
  /** Add one value a column. */
  readonly bias: boolean;
  /** Applied after the bias. */
  readonly activation: Activation;
  /** Multiply by one value a column (layer scale, gate). */
  readonly scale: boolean;
  /** Add a tensor of the output's shape. */
  readonly residual: boolean;
}

/** What may follow beside that in a GEMM. */
export interface GemmEpilogueSpec extends EpilogueSpec {
  /** Add a row of a table, found by the number of each row, to the first columns; after the bias. */
  readonly lookup: boolean;
  /** Applied last, after the residual. */
  readonly finalActivation: Activation;
}

/** How rows of the result are laid out in memory. */
export type StoreOrder =
  /** `[m, n]`. */
  | "rows"
  /** `[part, batch, head, token, dim]`, from columns ordered (part, head, dim). */
  | "heads"
  /** Every second (third...) pixel of a larger picture: one phase of a transposed convolution. */
  | "phase";

/** Structural constants of an implicit GEMM. Extents are parameters, see {@link GEMM_PARAMS}. */
export interface ImplicitGemmSpec {
  /**
   * `lanes`: no workgroup memory, columns across lanes, rows broadcast within a subgroup (CPU
   * adapters); `registers`: the same without subgroups; `shared`: tiles in workgroup memory (GPUs).
   */
  readonly variant: "lanes" | "registers" | "shared";
  /** Lanes of a workgroup of the first two variants; the subgroup size for `lanes`. */
  readonly lanes: number;
  /** Rows a thread (a multiple of `lanes` for the variant `lanes`). */
  readonly rows: number;
  /** Columns a thread; a panel has `lanes * columns` columns. */
  readonly columns: number;
  /** Kernel extents in time, height and width. */
  readonly taps: readonly [number, number, number];
  /** Rows are pixels themselves: one tap, stride 1, no padding. */
  readonly direct: boolean;
  /** Channels of a group are a multiple of 4, so that x can be read in vectors. */
  readonly vector: boolean;
  /** The picture is read as if enlarged by 2 in height and width, nearest neighbour. */
  readonly upsample: boolean;
  /** Each pixel names its row of x, or none, then it is zero. */
  readonly sparse: boolean;
  /** Groups are matrices of a batch, with rows of their own, and not groups of channels. */
  readonly batched: boolean;
  /** Layout of the result. */
  readonly store: StoreOrder;
  /** What happens to the sums. */
  readonly epilogue: GemmEpilogueSpec;
}

/** Parameters of every implicit GEMM kernel, in order. */
export const GEMM_PARAMS = {
  m: "u32",
  n: "u32",
  quads: "u32",
  channels: "u32",
  pixel: "u32",
  groups: "u32",
  panels: "u32",
  it: "u32",
  ih: "u32",
  iw: "u32",
  oh: "u32",
  ow: "u32",
  st: "u32",
  sh: "u32",
  sw: "u32",
  dt: "u32",
  dh: "u32",
  dw: "u32",
  pt: "i32",
  ph: "i32",
  pw: "i32",
  alpha: "f32",
  lookup_columns: "u32",
  store0: "u32",
  store1: "u32",
  store2: "u32",
  store3: "u32",
  store4: "u32",
  store5: "u32",
} as const satisfies Record<string, ParamType>;

/** Values for {@link GEMM_PARAMS}. */
export type GemmParams = Record<keyof typeof GEMM_PARAMS, number>;

/**
 * Columns of a panel of packed weights.
 *
 * @param spec The tile.
 * @returns Columns.
 */
export function panelColumns(
  spec: Pick<ImplicitGemmSpec, "variant" | "lanes" | "columns">,
): number {
  return spec.variant === "shared" ? SHARED_TILE : spec.lanes * spec.columns;
}

/** Rows and columns of the workgroup tile of the variant `shared`. */
export const SHARED_TILE = 64;

/**
 * Rows of the result that one workgroup makes.
 *
 * @param spec The tile.
 * @returns Rows.
 */
export function tileRows(spec: Pick<ImplicitGemmSpec, "variant" | "rows">): number {
  return spec.variant === "shared" ? SHARED_TILE : spec.rows;
}

/**
 * The kernel of an implicit GEMM.
 *
 * @param spec Structural constants.
 * @returns The kernel; its grid is (flat row tiles, panels of all groups).
 */
export function implicitGemm(spec: ImplicitGemmSpec): Kernel {
  const shared = spec.variant === "shared";
  return kernel({
    label: `gemm_${spec.variant}_${spec.taps.join("x")}`,
    bindings: bindings(spec),
    params: GEMM_PARAMS,
    workgroup: shared ? [256, 1, 1] : [spec.lanes, 1, 1],
    declarations: declarations(spec),
    body: shared ? sharedBody(spec) : panelBody(spec),
    features: spec.variant === "lanes" ? ["subgroups"] : [],
  });
}

function bindings({ vector, sparse, epilogue }: ImplicitGemmSpec): Binding[] {
  const read = (name: string, type: string): Binding => ({ name, type, access: "read" });
  return [
    read("x", vector ? "vec4f" : "f32"),
    read("w", "vec4f"),
    ...(sparse ? [read("pixels", "u32")] : []),
    ...(epilogue.bias ? [read("bias", "f32")] : []),
    ...(epilogue.lookup ? [read("lookup", "f32"), read("lookup_rows", "u32")] : []),
    ...(epilogue.scale ? [read("scale", "f32")] : []),
    ...(epilogue.residual ? [read("residual", "f32")] : []),
    { name: "y", type: "f32", access: "read_write" },
  ];
}

const ADDRESS: Readonly<Record<StoreOrder, string>> = {
  rows: "return row * p.n * p.groups + col;",
  // store0 tokens, store1 heads, store2 head width, store3 batches.
  heads: `let width = p.store1 * p.store2;
  let part = col / width;
  let head = col % width / p.store2;
  let batch = row / p.store0;
  let at = ((part * p.store3 + batch) * p.store1 + head) * p.store0 + row % p.store0;
  return at * p.store2 + col % p.store2;`,
  // store0, store1 full height and width; store2, store3 strides; store4, store5 phase.
  phase: `let line = row / p.ow;
  let oy = line % p.oh * p.store2 + p.store4;
  let ox = row % p.ow * p.store3 + p.store5;
  return ((line / p.oh * p.store0 + oy) * p.store1 + ox) * p.n * p.groups + col;`,
};

function declarations(spec: ImplicitGemmSpec): string {
  const { epilogue, vector, store } = spec;
  const load = vector ? "return select(vec4f(), x[at + quad], ok);" : `let c = quad * 4u;
  let last = p.channels - 1u;
  let v = vec4f(x[at + min(c, last)], x[at + min(c + 1u, last)],
    x[at + min(c + 2u, last)], x[at + min(c + 3u, last)]);
  return select(vec4f(), v, vec4<bool>(ok) & (vec4u(c, c + 1u, c + 2u, c + 3u) < vec4u(p.channels)));`;
  const lookup = epilogue.lookup
    ? `
  let found = lookup[lookup_rows[row] * p.lookup_columns + min(col, p.lookup_columns - 1u)];
  v += select(0.0, found, col < p.lookup_columns);`
    : "";
  const last = `v${epilogue.residual ? " + residual[at]" : ""}`;
  return `${activationFunction(epilogue.activation)}${
    epilogue.finalActivation === "none"
      ? ""
      : activationFunction(epilogue.finalActivation, "activate_last")
  }
fn address(row: u32, col: u32) -> u32 {
  ${ADDRESS[store]}
}
fn load(at: u32, quad: u32, ok: bool) -> vec4f {
  ${load}
}
fn finish(row: u32, col: u32, sum: f32, add: f32, times: f32) {
  var v = sum * p.alpha${epilogue.bias ? " + add" : ""};${lookup}
  v = activate(v)${epilogue.scale ? " * times" : ""};
  let at = address(row, col);
  y[at] = ${epilogue.finalActivation === "none" ? last : `activate_last(${last})`};
}
${spec.variant === "shared" ? sharedDeclarations : ""}`;
}

/** Statements that find the pixel of row `m{i}`. */
function pixelOf(i: number | string, direct: boolean): string {
  return direct ? "" : `  let line${i} = m${i} / p.ow;
  let from_t${i} = i32(line${i} / p.oh * p.st) - p.pt;
  let from_y${i} = i32(line${i} % p.oh * p.sh) - p.ph;
  let from_x${i} = i32(m${i} % p.ow * p.sw) - p.pw;`;
}

/**
 * Statements that find where a tap of row i starts in x, and whether it is inside the picture.
 * Negative places are large as u32. The conditions are joined by `&`, since `&&` makes a branch
 * each, and SwiftShader's time and memory to compile double with every such branch.
 */
function tapOf(i: number | string, { direct, upsample, sparse }: ImplicitGemmSpec): string {
  if (direct && sparse) {
    return `  let row${i} = pixels[m${i}];
  let ok${i} = row${i} != ${NO_ROW};
  let at${i} = select(0u, row${i}, ok${i}) * p.pixel + offset;`;
  }
  if (direct) return `  let ok${i} = true;\n  let at${i} = m${i} * p.pixel + offset;`;
  const inside = `(u32(zt${i}) < p.it) & (u32(zy${i}) < p.ih) & (u32(zx${i}) < p.iw)`;
  const places = `  let zt${i} = from_t${i} + i32(kt * p.dt);
  let zy${i} = from_y${i} + i32(ky * p.dh);
  let zx${i} = from_x${i} + i32(kx * p.dw);`;
  if (sparse) {
    return `${places}
  let inside${i} = ${inside};
  let place${i} = (u32(zt${i}) * p.ih + u32(zy${i})) * p.iw + u32(zx${i});
  let row${i} = pixels[select(0u, place${i}, inside${i})];
  let ok${i} = inside${i} & (row${i} != ${NO_ROW});
  let at${i} = select(0u, row${i}, ok${i}) * p.pixel + offset;`;
  }
  const half = upsample ? " / 2u" : "";
  return `${places}
  let ok${i} = ${inside};
  let at${i} = select(0u, ((u32(zt${i}) * (p.ih${half}) + u32(zy${i})${half}) * (p.iw${half}) + u32(zx${i})${half}) * p.pixel, ok${i}) + offset;`;
}

/** WGSL literal for a pixel that has no row. */
const NO_ROW = "0xffffffffu";

/** Loops over the taps around `body`; extents of 1 need none. */
function overTaps(taps: readonly [number, number, number], body: string): string {
  const names = ["kt", "ky", "kx"];
  return names.reduceRight((inner, name, axis) => {
    const extent = taps[axis] ?? 1;
    return extent === 1
      ? `{ const ${name} = 0u;\n${inner}\n}`
      : `for (var ${name} = 0u; ${name} < ${extent}u; ${name}++) {\n${inner}\n}`;
  }, body);
}

/** Where the rows of a group begin in x. */
function groupOffset({ batched, vector }: ImplicitGemmSpec): string {
  if (batched) return "group * p.m * p.pixel";
  return vector ? "group * p.quads" : "group * p.channels";
}

/** First row and column of a group in the result. */
function groupOrigin({ batched }: ImplicitGemmSpec): string {
  return batched
    ? "  let row0 = group * p.m;\n  let col0 = 0u;"
    : "  let row0 = 0u;\n  let col0 = group * p.n;";
}

function panelBody(spec: ImplicitGemmSpec): string {
  const { lanes, rows, columns, direct, epilogue } = spec;
  const broadcast = spec.variant === "lanes";
  const width = lanes * columns;
  const loads = broadcast ? rows / lanes : rows;
  const taps = spec.taps[0] * spec.taps[1] * spec.taps[2];
  const value = (row: number) =>
    broadcast ? `subgroupBroadcast(v${Math.floor(row / lanes)}, ${row % lanes}u)` : `v${row}`;
  const sums = (row: number) =>
    each(
      columns,
      (j) => `    s${row}_${j} += a.x * w${j}.x + a.y * w${j}.y + a.z * w${j}.z + a.w * w${j}.w;`,
    );
  const inner = `${each(loads, (i) => tapOf(i, spec))}
  for (var quad = 0u; quad < p.quads; quad++) {
${each(columns, (j) => `    let w${j} = w[panel_at + ${j * lanes}u];`)}
${each(loads, (i) => `    let v${i} = load(at${i}, quad, ok${i});`)}
${each(rows, (row) => `    {\n    let a = ${value(row)};\n${sums(row)}\n    }`)}
    panel_at += ${width}u;
  }`;
  const finish = (row: string, j: number, sum: string) =>
    `if (n${j} < p.n) { finish(row0 + ${row}, c${j}, ${sum}, bias${j}, scale${j}); }`;
  const list = each(rows, (row) => each(columns, (j) => `s${row}_${j},`)).slice(0, -1);
  const stores = CHEAP_ACTIVATIONS.has(epilogue.activation) &&
      CHEAP_ACTIVATIONS.has(epilogue.finalActivation)
    ? each(rows, (row) =>
      `  if (first + ${row}u < p.m) {
${each(columns, (j) => `    ${finish(`first + ${row}u`, j, `s${row}_${j}`)}`)}
  }`)
    : `  var sums = array<f32, ${rows * columns}>(${list});
  for (var row = 0u; row < min(${rows}u, p.m - first); row++) {
${each(columns, (j) => `    ${finish("first + row", j, `sums[row * ${columns}u + ${j}u]`)}`)}
  }`;
  return `${broadcast ? "" : "  let lane = lid.x;\n"}  let first = ${FLAT_WORKGROUP} * ${rows}u;
  if (first >= p.m) { return; }
  let group = wid.z / p.panels;
  let panel = wid.z % p.panels;
  let offset = ${groupOffset(spec)};
${groupOrigin(spec)}
  var panel_at = wid.z * ${taps * width}u * p.quads + lane;
${
    each(loads, (i) =>
      `  let m${i} = min(first + ${broadcast ? `${i * lanes}u + lane` : `${i}u`}, p.m - 1u);
${pixelOf(i, direct)}`)
  }
${each(rows, (row) => each(columns, (j) => `  var s${row}_${j} = 0.0;`))}
${overTaps(spec.taps, inner)}
${
    each(columns, (j) =>
      `  let n${j} = panel * ${width}u + ${j * lanes}u + lane;
  let c${j} = col0 + min(n${j}, p.n - 1u);
  let bias${j} = ${epilogue.bias ? `bias[c${j}]` : "0.0"};
  let scale${j} = ${epilogue.scale ? `scale[c${j}]` : "1.0"};`)
  }
${stores}`;
}

/** Channel quads of one step of the variant `shared`. */
const STEP = 4;

const sharedDeclarations = `var<workgroup> tile_x: array<vec4f, ${STEP * SHARED_TILE}>;
var<workgroup> tile_w: array<vec4f, ${STEP * SHARED_TILE}>;
`;

function sharedBody(spec: ImplicitGemmSpec): string {
  const { direct, epilogue } = spec;
  const taps = spec.taps[0] * spec.taps[1] * spec.taps[2];
  const inner = `${tapOf("", spec)}
  for (var start = 0u; start < p.quads; start += ${STEP}u) {
    let quad = start + local % ${STEP}u;
    let inside = quad < p.quads;
    let wq = start + local / ${SHARED_TILE}u;
    let wv = w[panel_at + min(wq, p.quads - 1u) * ${SHARED_TILE}u + local % ${SHARED_TILE}u];
    let xv = load(at, min(quad, p.quads - 1u), ok & inside);
    workgroupBarrier();
    tile_x[local % ${STEP}u * ${SHARED_TILE}u + local / ${STEP}u] = xv;
    tile_w[local] = select(vec4f(), wv, wq < p.quads);
    workgroupBarrier();
    for (var k = 0u; k < ${STEP}u; k++) {
${each(4, (i) => `      let a${i} = tile_x[k * ${SHARED_TILE}u + ty * 4u + ${i}u];`)}
${each(4, (j) => `      let b${j} = tile_w[k * ${SHARED_TILE}u + tx + ${j * 16}u];`)}
${each(4, (i) => each(4, (j) => `      s${i}_${j} += dot(a${i}, b${j});`))}
    }
  }
  panel_at += p.quads * ${SHARED_TILE}u;`;
  return `  let first = ${FLAT_WORKGROUP} * ${SHARED_TILE}u;
  let group = wid.z / p.panels;
  let panel = wid.z % p.panels;
  let offset = ${groupOffset(spec)};
${groupOrigin(spec)}
  let tx = local % 16u;
  let ty = local / 16u;
  var panel_at = wid.z * ${taps * SHARED_TILE}u * p.quads;
  let m = min(first + local / ${STEP}u, p.m - 1u);
${pixelOf("", direct)}
${each(4, (i) => each(4, (j) => `  var s${i}_${j} = 0.0;`))}
${overTaps(spec.taps, inner)}
${
    each(4, (j) =>
      `  let n${j} = panel * ${SHARED_TILE}u + tx + ${j * 16}u;
  let c${j} = col0 + min(n${j}, p.n - 1u);
  let bias${j} = ${epilogue.bias ? `bias[c${j}]` : "0.0"};
  let scale${j} = ${epilogue.scale ? `scale[c${j}]` : "1.0"};`)
  }
${
    each(4, (i) =>
      each(4, (j) =>
        `  if (first + ty * 4u + ${i}u < p.m && n${j} < p.n) {
    finish(row0 + first + ty * 4u + ${i}u, c${j}, s${i}_${j}, bias${j}, scale${j});
  }`))
  }`;
}
