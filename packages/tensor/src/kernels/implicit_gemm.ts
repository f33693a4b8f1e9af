/**
 * Matrix products and convolutions as one family: y[m, n] = Σ over taps and channels of
 * x[pixel(m) + tap, c] · w[tap, c, n]. A linear layer is the case of a single tap.
 *
 * Weights come in panels `[panel][tap][channel / 4][place in the panel]`, each entry four channels, so
 * that neighbouring lanes read neighbouring vectors; {@link panelColumn} says which column a place has.
 */
import { CHEAP_ACTIVATIONS } from "../wgsl/activation.ts";
import { element } from "../wgsl/element.ts";
import { type Binding, each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";
import { epilogueBindings, epilogueDeclarations, type StoreSpec } from "./gemm_epilogue.ts";
import { batchMatrices, batchParams, GEMM_PARAMS, loadFunction } from "./gemm_operands.ts";
import { type StoredWeight, weightFunction, WIDENED } from "./gemm_operands.ts";

/** Structural constants of an implicit GEMM. Extents are parameters, see {@link GEMM_PARAMS}. */
export interface ImplicitGemmSpec extends StoreSpec {
  /**
   * `lanes`: no workgroup memory, columns across lanes, rows broadcast within a subgroup (CPU
   * adapters); `registers`: the same without subgroups; `shared`: tiles in workgroup memory (GPUs).
   */
  readonly variant: "lanes" | "registers" | "shared";
  /** Lanes of a workgroup of the first two variants; the subgroup size for `lanes`. */
  readonly lanes: number;
  /** Rows a thread (a multiple of 4 for the variant `shared`). */
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
  /**
   * Axes of a batch of matrices that takes the place of groups of channels, 0 without one. Each axis
   * has steps of its own through x and w, 0 where one matrix serves all.
   */
  readonly batchAxes: number;
  /** Sums over stretches of `p.stretch` channel quads, `[stretch, m, n]`; see {@link sumSplits}. */
  readonly split: boolean;
  /** How the weights are stored; products and sums are f32 in any case. */
  readonly stored: StoredWeight;
}

/**
 * Columns of a panel of packed weights.
 *
 * @param spec The tile.
 * @returns Columns.
 */
export function panelColumns(
  spec: Pick<ImplicitGemmSpec, "variant" | "lanes" | "columns">,
): number {
  return spec.variant === "shared" ? SHARED_COLUMNS : spec.lanes * spec.columns;
}

/**
 * The column that a place in a panel holds: a thread's columns are neighbours, except in the variant
 * `shared`, where those of neighbouring threads are.
 *
 * @param tile The tile.
 * @param place Place in the panel.
 * @returns Column of the panel.
 */
export function panelColumn(
  { variant, lanes, columns }: Pick<ImplicitGemmSpec, "variant" | "lanes" | "columns">,
  place: number,
): number {
  return variant === "shared" ? place : place % lanes * columns + Math.floor(place / lanes);
}

/** Columns of the workgroup tile of the variant `shared`. */
const SHARED_COLUMNS = 64;
/** Threads along the rows of that tile. */
const SHARED_LANES = 16;

/**
 * Rows of the result that one workgroup makes.
 *
 * @param spec The tile.
 * @returns Rows.
 */
export function tileRows(spec: Pick<ImplicitGemmSpec, "variant" | "rows">): number {
  return spec.variant === "shared" ? SHARED_LANES * spec.rows : spec.rows;
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
    params: { ...GEMM_PARAMS, ...batchParams(spec.batchAxes) },
    workgroup: shared ? [256, 1, 1] : [spec.lanes, 1, 1],
    declarations: declarations(spec),
    body: shared ? sharedBody(spec) : panelBody(spec),
    features: [
      ...(spec.variant === "lanes" ? ["subgroups" as const] : []),
      ...(spec.half ? ["f16" as const] : []),
    ],
  });
}

function bindings(spec: ImplicitGemmSpec): Binding[] {
  const read = (name: string, type: string): Binding => ({ name, type, access: "read" });
  return [
    read("x", element(spec.vector, spec.half).stored),
    read("w", WIDENED[spec.stored].type),
    ...(spec.sparse ? [read("pixels", "u32")] : []),
    ...epilogueBindings(storeOf(spec)),
  ];
}

/** Partial sums are f32 whatever the result is. */
function storeOf(spec: ImplicitGemmSpec): StoreSpec {
  return { ...spec, half: spec.half && !spec.split };
}

function declarations(spec: ImplicitGemmSpec): string {
  return `${epilogueDeclarations(storeOf(spec))}
${loadFunction(spec)}
${weightFunction(spec.stored)}
${spec.variant === "shared" ? sharedDeclarations(spec) : ""}`;
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

/**
 * Statements that find where the rows of a group begin in x (`offset`) and in the result (`row0`),
 * its first column there (`col0`), and the panel of the weights (`source`).
 */
function groupOrigin({ batchAxes, vector, split }: ImplicitGemmSpec): string {
  const stretch = split ? "wid.y * p.rows" : "0u";
  return batchAxes > 0
    ? `${batchMatrices(batchAxes)}
  let offset = x_matrix * p.m * p.pixel;
  let row0 = group * p.m + ${stretch};
  let col0 = 0u;
  let source = w_matrix * p.panels + panel;`
    : `  let offset = group * ${vector ? "p.quads" : "p.channels"};
  let row0 = ${stretch};
  let col0 = group * p.n;
  let source = layer;`;
}

/** Statements that say which tile of rows, panel and group a workgroup has. */
function tileOrigin(spec: ImplicitGemmSpec, rows: number): string {
  // Stretches are along y, which only very many tiles would need otherwise.
  return `  let first = ${spec.split ? "wid.x" : FLAT_WORKGROUP} * ${rows}u;
  let layer = p.first_layer + wid.z;
  let group = layer / p.panels;
  let panel = layer % p.panels;
${groupOrigin(spec)}
  let first_quad = ${spec.split ? "wid.y * p.stretch" : "0u"};
  let end_quad = ${spec.split ? "min(first_quad + p.stretch, p.quads)" : "p.quads"};`;
}

function panelBody(spec: ImplicitGemmSpec): string {
  const { lanes, rows, columns, direct } = spec;
  const broadcast = spec.variant === "lanes";
  const width = lanes * columns;
  const loads = broadcast ? Math.ceil(rows / lanes) : rows;
  const taps = spec.taps[0] * spec.taps[1] * spec.taps[2];
  const value = (row: number) =>
    broadcast ? `subgroupBroadcast(v${Math.floor(row / lanes)}, ${row % lanes}u)` : `v${row}`;
  const sums = (row: number) =>
    each(
      columns,
      (j) => `    s${row}_${j} += a.x * w${j}.x + a.y * w${j}.y + a.z * w${j}.z + a.w * w${j}.w;`,
    );
  const inner = `${each(loads, (i) => tapOf(i, spec))}
  for (var quad = first_quad; quad < end_quad; quad++) {
${each(columns, (j) => `    let w${j} = weight(panel_at + ${j * lanes}u);`)}
${each(loads, (i) => `    let v${i} = load(at${i}, quad, ok${i});`)}
${each(rows, (row) => `    {\n    let a = ${value(row)};\n${sums(row)}\n    }`)}
    panel_at += ${width}u;
  }${spec.split ? `\n  panel_at += (p.quads - (end_quad - first_quad)) * ${width}u;` : ""}`;
  const stores = panelStores(spec);
  return `${broadcast ? "" : "  let lane = lid.x;\n"}${tileOrigin(spec, rows)}
  if (first >= p.m) { return; }
  var panel_at = (source * ${taps}u * p.quads + first_quad) * ${width}u + lane;
${
    each(loads, (i) =>
      `  let m${i} = min(first + ${broadcast ? `${i * lanes}u + lane` : `${i}u`}, p.m - 1u);
${pixelOf(i, direct)}`)
  }
${each(rows, (row) => each(columns, (j) => `  var s${row}_${j} = 0.0;`))}
${overTaps(spec.taps, inner)}
${stores}`;
}

/** Statements that finish the sums `s{row}_{column}` of a thread. */
function panelStores(spec: ImplicitGemmSpec): string {
  const { lanes, rows, columns, fours, epilogue } = spec;
  const vectors = fours ? 1 : columns;
  const type = fours ? "vec4f" : "f32";
  const step = fours ? 4 : 1;
  const sum = (row: number, j: number) =>
    fours ? `vec4f(${[0, 1, 2, 3].map((u) => `s${row}_${u}`).join(", ")})` : `s${row}_${j}`;
  const finish = (j: number, value: string) =>
    `if (n${j} < p.n) { finish(row, row_at, column${j}, ${value}); }`;
  const list = each(rows, (row) => each(vectors, (j) => `${sum(row, j)},`)).slice(0, -1);
  const cheap = [epilogue.activation, epilogue.finalActivation]
    .every((activation) => CHEAP_ACTIVATIONS.has(activation));
  const stores = cheap
    ? each(rows, (row) =>
      `  if (first + ${row}u < p.m) {
    let row = row0 + first + ${row}u;
    let row_at = row_address(row);
${each(vectors, (j) => `    ${finish(j, sum(row, j))}`)}
  }`)
    : `  var sums = array<${type}, ${rows * vectors}>(${list});
  for (var i = 0u; i < min(${rows}u, p.m - first); i++) {
    let row = row0 + first + i;
    let row_at = row_address(row);
${each(vectors, (j) => `    ${finish(j, `sums[i * ${vectors}u + ${j}u]`)}`)}
  }`;
  return `${
    each(vectors, (j) =>
      `  let n${j} = panel * ${lanes * columns}u + lane * ${columns}u + ${j}u;
  let column${j} = column_of(col0 + min(n${j}, p.n - ${step}u));`)
  }
${stores}`;
}

/** Channel quads of one step of the variant `shared`. */
const STEP = 4;

function sharedDeclarations(spec: ImplicitGemmSpec): string {
  return `var<workgroup> tile_x: array<vec4f, ${STEP * tileRows(spec)}>;
var<workgroup> tile_w: array<vec4f, ${STEP * SHARED_COLUMNS}>;
`;
}

/** Statements that fill the tiles with STEP quads of their rows and columns. */
function fillTiles(loads: number, height: number): string {
  const row = (i: number) => `local / ${STEP}u + ${i * SHARED_COLUMNS}u`;
  return `    let quad = start + local % ${STEP}u;
    let inside = quad < end_quad;
    let wq = start + local / ${SHARED_COLUMNS}u;
    let wv = weight(panel_at + min(wq, p.quads - 1u) * ${SHARED_COLUMNS}u + local % ${SHARED_COLUMNS}u);
${each(loads, (i) => `    let x${i} = load(at${i}, min(quad, p.quads - 1u), ok${i} & inside);`)}
    workgroupBarrier();
${each(loads, (i) => `    tile_x[local % ${STEP}u * ${height}u + ${row(i)}] = x${i};`)}
    tile_w[local] = select(vec4f(), wv, wq < end_quad);
    workgroupBarrier();`;
}

function sharedBody(spec: ImplicitGemmSpec): string {
  const { direct, rows } = spec;
  const height = tileRows(spec);
  const loads = height / SHARED_COLUMNS;
  const taps = spec.taps[0] * spec.taps[1] * spec.taps[2];
  const inner = `${each(loads, (i) => tapOf(i, spec))}
  for (var start = first_quad; start < end_quad; start += ${STEP}u) {
${fillTiles(loads, height)}
    for (var k = 0u; k < ${STEP}u; k++) {
${each(rows, (i) => `      let a${i} = tile_x[k * ${height}u + ty * ${rows}u + ${i}u];`)}
${each(4, (j) => `      let b${j} = tile_w[k * ${SHARED_COLUMNS}u + tx + ${j * SHARED_LANES}u];`)}
${each(rows, (i) => each(4, (j) => `      s${i}_${j} += dot(a${i}, b${j});`))}
    }
  }
  panel_at += p.quads * ${SHARED_COLUMNS}u;`;
  return `${tileOrigin(spec, height)}
  let tx = local % ${SHARED_LANES}u;
  let ty = local / ${SHARED_LANES}u;
  var panel_at = source * ${taps * SHARED_COLUMNS}u * p.quads;
${
    each(loads, (i) =>
      `  let m${i} = min(first + local / ${STEP}u + ${i * SHARED_COLUMNS}u, p.m - 1u);
${pixelOf(i, direct)}`)
  }
${each(rows, (i) => each(4, (j) => `  var s${i}_${j} = 0.0;`))}
${overTaps(spec.taps, inner)}
${sharedStores(rows)}`;
}

/** Statements that finish the sums `s{row}_{column}` of a thread of the variant `shared`. */
function sharedStores(rows: number): string {
  return `${
    each(4, (j) =>
      `  let n${j} = panel * ${SHARED_COLUMNS}u + tx + ${j * SHARED_LANES}u;
  let column${j} = column_of(col0 + min(n${j}, p.n - 1u));`)
  }
${
    each(rows, (i) =>
      `  let result${i} = row0 + first + ty * ${rows}u + ${i}u;
  let result_at${i} = row_address(result${i});
${
        each(4, (j) =>
          `  if (first + ty * ${rows}u + ${i}u < p.m && n${j} < p.n) {
    finish(result${i}, result_at${i}, column${j}, s${i}_${j});
  }`)
      }`)
  }`;
}
