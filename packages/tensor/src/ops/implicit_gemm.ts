/** Recording an implicit GEMM: what linear layers and convolutions have in common. */
import { ShapeError } from "../errors.ts";
import type { StoreOrder } from "../kernels/gemm_epilogue.ts";
import { GEMM_PARAMS, type GemmParams, implicitGemm } from "../kernels/implicit_gemm.ts";
import {
  type ImplicitGemmSpec,
  panelColumns,
  type StoredWeight,
  tileRows,
} from "../kernels/implicit_gemm.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import type { Activation } from "../wgsl/activation.ts";
import { flatGrid, gridLayers } from "../wgsl/kernel.ts";
import { checkF32, checkFloats } from "./dtype.ts";
import type { PackedWeight } from "./packed_weight.ts";

/** What happens to a sum before it is stored, in this order. */
export interface Epilogue {
  /** Multiplies the sum before anything else. */
  readonly alpha?: number;
  /** One value an output channel, added. */
  readonly bias?: Tensor;
  /** Rows of a table, one added to each row of the result. */
  readonly lookup?: Lookup;
  /** Applied to the sum. */
  readonly activation?: Activation;
  /** One value an output channel, multiplied (layer scale, gate). */
  readonly scale?: Tensor;
  /** A tensor of the output's shape, added last. */
  readonly residual?: Tensor;
  /** Applied after the residual. */
  readonly finalActivation?: Activation;
}

/** A table whose rows are added to those of a result. */
export interface Lookup {
  /** `[entries, columns]`, added to as many first output channels. */
  readonly table: Tensor;
  /** u32, for each row of the result the number of its entry. */
  readonly rows: Tensor;
}

/** Three values for time, height and width. */
export type Triple = readonly [number, number, number];

/** How the rows of the result look into the input. */
export interface Geometry {
  /** Input extents, after any enlargement. */
  readonly input: Triple;
  /** Output extents. */
  readonly output: Triple;
  /** Step of the output in the input. */
  readonly stride: Triple;
  /** Distance between taps. */
  readonly dilation: Triple;
  /** Zeros before the first frame, line and column. */
  readonly padding: Triple;
  /** The input is read as if enlarged by 2 in height and width. */
  readonly upsample?: boolean;
}

/** A call of {@link recordGemm}. */
export interface GemmCall {
  /** Name in profiles and errors. */
  readonly label: string;
  /** Input, channels last. */
  readonly x: Tensor;
  /** Packed weight. */
  readonly weight: PackedWeight;
  /** Output. */
  readonly y: Tensor;
  /** How rows of the output look into the input. */
  readonly geometry: Geometry;
  /** What happens to the sums. */
  readonly epilogue: Epilogue;
  /** u32, for each pixel of the input its row of `x`. */
  readonly pixels?: Tensor;
  /** Groups of the weight are matrices of a batch. */
  readonly batched?: boolean;
  /** Layout of the result; rows when absent. */
  readonly store?: { readonly order: StoreOrder; readonly values: readonly number[] };
}

/** Rows a thread that there are kernels for; those with more sums than this take long to compile. */
const ROWS = [64, 48, 32, 16, 8];
const MOST_SUMS = 144;
/** Workgroups below which some cores of a CPU have nothing to do. */
const ENOUGH_WORKGROUPS = 16;
/**
 * Workgroups of 128 rows from which a GPU has enough of them; lower tiles share fewer loads of weights.
 * Products of 2048 x 1024 x 1024 ran at 22 TFLOP/s on an NVIDIA H200, those of 1024 x 1024 x 1024, with
 * lower tiles, at 19.
 */
const ENOUGH_TALL_WORKGROUPS = 256;
/** Time of a load in an inner loop, in products of a row with a column; measured on llvmpipe. */
const LOAD_COST = 8;

/** Rows a thread: many share the loads of weights, but they leave a remainder and need enough work. */
function rowsFor(weight: PackedWeight, rows: number, direct: boolean): number {
  const { tile, columns, groups } = weight;
  if (tile.variant === "registers") return 8;
  const panels = groups * Math.ceil(columns / panelColumns(tile));
  if (tile.variant === "shared") {
    const tall = Math.ceil(rows / tileRows({ ...tile, rows: 8 })) * panels;
    return direct && tall >= ENOUGH_TALL_WORKGROUPS ? 8 : 4;
  }
  const tiles = (count: number) => Math.ceil(rows / count);
  const cost = (count: number) =>
    tiles(count) * (count * tile.columns + LOAD_COST * (tile.columns + count / tile.lanes));
  const possible = ROWS.filter((count) =>
    count % tile.lanes === 0 && count * tile.columns <= MOST_SUMS
  );
  const busy = possible.filter((count) => tiles(count) * panels >= ENOUGH_WORKGROUPS);
  const smallest = possible.at(-1) ?? tile.lanes;
  return busy.reduce((best, count) => cost(count) < cost(best) ? count : best, smallest);
}

/**
 * Records `y = epilogue(x * weight)`.
 *
 * @param call Tensors and geometry; shapes are checked by the operations that call this.
 */
export function recordGemm(call: GemmCall): void {
  const { x, weight, y, geometry, epilogue } = call;
  const { input, output, stride, dilation, padding } = geometry;
  const m = sizeOf(output);
  const n = weight.columns;
  if (m === 0 || n === 0) return;
  const batched = call.batched ?? false;
  const parts = weight.groups;
  const groups = batched ? 1 : parts;
  const vector = weight.channels % 4 === 0;
  const direct = isDirect(weight, geometry);
  const spec: ImplicitGemmSpec = {
    ...weight.tile,
    rows: rowsFor(weight, m, direct),
    taps: weight.taps,
    direct,
    vector,
    upsample: geometry.upsample ?? false,
    sparse: call.pixels !== undefined,
    batched,
    stored: storedAs(weight),
    store: call.store?.order ?? "rows",
    fours: storesFours(call),
    half: x.dtype === "f16",
    epilogue: {
      bias: epilogue.bias !== undefined,
      lookup: epilogue.lookup !== undefined,
      activation: epilogue.activation ?? "none",
      scale: epilogue.scale !== undefined,
      residual: epilogue.residual !== undefined,
      finalActivation: epilogue.finalActivation ?? "none",
    },
  };
  checkEpilogue(call, n * groups);
  const quads = Math.ceil(weight.channels / 4);
  const panels = Math.ceil(n / panelColumns(spec));
  const [store0 = 0, store1 = 0, store2 = 0, store3 = 0, store4 = 0, store5 = 0] =
    call.store?.values ?? [];
  const params: Omit<GemmParams, "first_layer"> = {
    m,
    n,
    quads,
    channels: weight.channels,
    pixel: vector ? quads * groups : weight.channels * groups,
    groups,
    panels,
    it: input[0],
    ih: input[1],
    iw: input[2],
    oh: output[1],
    ow: output[2],
    st: stride[0],
    sh: stride[1],
    sw: stride[2],
    dt: dilation[0],
    dh: dilation[1],
    dw: dilation[2],
    pt: padding[0],
    ph: padding[1],
    pw: padding[2],
    alpha: epilogue.alpha ?? 1,
    lookup_columns: epilogue.lookup?.table.shape.at(-1) ?? 0,
    store0,
    store1,
    store2,
    store3,
    store4,
    store5,
  };
  const taps = sizeOf(weight.taps);
  const [gridX, gridY] = flatGrid(Math.ceil(m / tileRows(spec)));
  const kernel = x.gpu.kernel("implicit_gemm", spec, implicitGemm);
  const tensors = [
    x,
    weight.tensor,
    ...[
      call.pixels,
      epilogue.bias,
      epilogue.lookup?.table,
      epilogue.lookup?.rows,
      epilogue.scale,
      epilogue.residual,
    ].filter((t) => t !== undefined),
    y,
  ];
  for (const { first, count } of gridLayers(panels * parts)) {
    const values: GemmParams = { ...params, first_layer: first };
    x.gpu.dispatch({
      kernel,
      tensors,
      params: (Object.keys(GEMM_PARAMS) as (keyof GemmParams)[]).map((name) => values[name]),
      grid: [gridX, gridY, count],
      label: call.label,
      flops: 2 * m * n * taps * weight.channels * count / panels,
      iterations: taps * (quads + 2) + spec.rows,
    });
  }
}

/** Whether four neighbouring columns lie side by side in the result and in what is added to it. */
function storesFours({ weight, store, epilogue }: GemmCall): boolean {
  const { variant, columns } = weight.tile;
  const widths = [
    weight.columns,
    epilogue.lookup?.table.shape.at(-1) ?? 0,
    store?.order === "heads" ? store.values[HEAD_WIDTH] ?? 1 : 0,
  ];
  return variant !== "shared" && columns === 4 && widths.every((width) => width % 4 === 0);
}

/** Place of the width of a head in the values of the store order `heads`. */
const HEAD_WIDTH = 2;

/** How weights are stored. */
function storedAs({ tensor: { dtype, shape } }: PackedWeight): StoredWeight {
  if (dtype === "u32" || dtype === "i32") {
    throw new ShapeError(
      `Cannot multiply by packed weights ${dtype} [${shape}]: give what packWeight makes.`,
    );
  }
  return dtype;
}

function isDirect(weight: PackedWeight, { input, output, stride, padding, upsample }: Geometry) {
  return sizeOf(weight.taps) === 1 && !upsample && stride.every((step) => step === 1) &&
    padding.every((zeros) => zeros === 0) && input.every((extent, axis) => extent === output[axis]);
}

/** Throws unless all tensors are f32 and bias, scale and residual fit the output. */
export function checkEpilogue(
  { label, x, y, epilogue }: Pick<GemmCall, "label" | "x" | "y" | "epilogue">,
  channels: number,
): void {
  const { bias, scale, residual, lookup } = epilogue;
  checkFloats(label, { x, y, residual });
  checkF32(label, { bias, scale });
  for (const name of ["bias", "scale"] as const) {
    const vector = epilogue[name];
    if (vector && sizeOf(vector.shape) !== channels) {
      throw new ShapeError(
        `Cannot record ${label}: ${name} has shape [${vector.shape}]. Give ${channels} values.`,
      );
    }
  }
  if (lookup && (lookup.rows.dtype !== "u32" || lookup.table.dtype !== "f32")) {
    throw new ShapeError(
      `Cannot record ${label}: the table is ${lookup.table.dtype} and its numbers are ` +
        `${lookup.rows.dtype}. Give f32 and u32.`,
    );
  }
  if (lookup && sizeOf(lookup.rows.shape) * channels !== sizeOf(y.shape)) {
    throw new ShapeError(
      `Cannot record ${label}: the numbers of the table's rows are [${lookup.rows.shape}]. ` +
        `Give one for each row of [${y.shape}].`,
    );
  }
  if (residual && sizeOf(residual.shape) !== sizeOf(y.shape)) {
    throw new ShapeError(
      `Cannot record ${label}: the residual has shape [${residual.shape}]. ` +
        `Give the output's shape [${y.shape}].`,
    );
  }
}
