/** Recording an implicit GEMM: what linear layers and convolutions have in common. */
import { ShapeError } from "../errors.ts";
import type { GemmEpilogueSpec, StoreOrder, StoreSpec } from "../kernels/gemm_epilogue.ts";
import { GEMM_PARAMS, type GemmParams, type StoredWeight } from "../kernels/gemm_operands.ts";
import { gemv, type GemvSpec, type MatrixOperand } from "../kernels/gemv.ts";
import {
  implicitGemm,
  type ImplicitGemmSpec,
  panelColumns,
  tileRows,
} from "../kernels/implicit_gemm.ts";
import { SUM_THREADS, sumSplits } from "../kernels/sum_splits.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import type { Activation } from "../wgsl/activation.ts";
import { flatGrid, gridLayers } from "../wgsl/kernel.ts";
import { checkF32, checkFloats } from "./dtype.ts";
import { chooseForm, type GemmExtents, type GemmForm } from "./gemm_form.ts";
import { gemvTile, rowsFor, stretchFor } from "./gemm_form.ts";
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

/** One axis of a batch. */
export interface BatchAxis {
  /** Matrices along it. */
  readonly extent: number;
  /** Step to the next matrix of the input, in matrices; 0 where one serves all. */
  readonly x: number;
  /** The same for the weights. */
  readonly w: number;
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
  /** Channels of a row of `x`; as many as the weight takes when absent. */
  readonly rowChannels?: number;
  /** u32, for each pixel of the input its row of `x`. */
  readonly pixels?: Tensor;
  /** Axes of a batch of matrices, outermost first, in place of groups of channels. */
  readonly batch?: readonly BatchAxis[];
  /** The weight's tensor is a matrix that is not packed; the form must be `gemv`. */
  readonly matrix?: MatrixOperand;
  /** The form to run in; the adapter and the extents decide when absent. */
  readonly form?: GemmForm | undefined;
  /** Layout of the result; rows when absent. */
  readonly store?: { readonly order: StoreOrder; readonly values: readonly number[] };
}

/**
 * Records `y = epilogue(x * weight)`.
 *
 * @param call Tensors and geometry; shapes are checked by the operations that call this.
 * @throws {ShapeError} If the epilogue does not fit, or the form that it asks for cannot run.
 */
export function recordGemm(call: GemmCall): void {
  const { weight } = call;
  const m = sizeOf(call.geometry.output);
  if (m === 0 || weight.columns === 0) return;
  checkEpilogue(call, weight.columns * (call.batch ? 1 : weight.groups));
  const extents = extentsOf(call);
  const form = chooseForm(call.x.gpu.caps, weight.tile, extents, call.form);
  const spec = {
    store: call.store?.order ?? "rows",
    half: call.x.dtype === "f16",
    epilogue: epilogueSpec(call.epilogue),
  } as const;
  switch (form) {
    case "gemv":
      return recordGemv(call, { ...spec, fours: false }, extents);
    case "split":
      return recordSplit(call, spec, extents);
    case "tile":
    case "tall": {
      const rows = rowsFor(weight.tile, extents, form);
      recordTiles(call, { ...spec, fours: storesFours(call), rows, split: false }, extents);
    }
  }
}

/** What a product is made of, in numbers. */
function extentsOf({ weight, geometry, batch, pixels }: GemmCall): GemmExtents {
  return {
    m: sizeOf(geometry.output),
    n: weight.columns,
    quads: Math.ceil(weight.channels / 4),
    taps: sizeOf(weight.taps),
    parts: batch ? sizeOf(batch.map(({ extent }) => extent)) : weight.groups,
    direct: isDirect(weight, geometry),
    plain: (weight.groups === 1 || batch !== undefined) && pixels === undefined,
  };
}

function epilogueSpec(epilogue: Epilogue): GemmEpilogueSpec {
  return {
    bias: epilogue.bias !== undefined,
    lookup: epilogue.lookup !== undefined,
    activation: epilogue.activation ?? "none",
    scale: epilogue.scale !== undefined,
    residual: epilogue.residual !== undefined,
    finalActivation: epilogue.finalActivation ?? "none",
  };
}

/** Bindings of an epilogue, in order. */
function epilogueTensors({ epilogue, y }: GemmCall): Tensor[] {
  const { bias, lookup, scale, residual } = epilogue;
  return [bias, lookup?.table, lookup?.rows, scale, residual, y].filter((t) => t !== undefined);
}

/** Values of the parameters that all kernels share. */
function paramsOf(call: GemmCall, { m, n, quads, parts }: GemmExtents): GemmParams {
  const { weight, epilogue } = call;
  const { input, output, stride, dilation, padding } = call.geometry;
  const groups = call.batch ? 1 : parts;
  const [store0 = 0, store1 = 0, store2 = 0, store3 = 0, store4 = 0, store5 = 0] =
    call.store?.values ?? [];
  return {
    rows: call.batch ? m * parts : m,
    m,
    n,
    quads,
    channels: weight.channels,
    pixel: (call.rowChannels ?? weight.channels * groups) / (weight.channels % 4 === 0 ? 4 : 1),
    groups,
    panels: Math.ceil(n / panelColumns(weight.tile)),
    first_layer: 0,
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
    stretch: quads,
    store0,
    store1,
    store2,
    store3,
    store4,
    store5,
  };
}

/** Parameters in the order of the kernels. */
function paramList(params: GemmParams, batch: readonly BatchAxis[] = []): number[] {
  return [
    ...(Object.keys(GEMM_PARAMS) as (keyof GemmParams)[]).map((name) => params[name]),
    ...batch.flatMap(({ extent, x, w }) => [extent, x, w]),
  ];
}

/** How the general kernel makes a product. */
interface TileSpec extends StoreSpec {
  readonly rows: number;
  readonly split: boolean;
}

/** Records the general kernel, once for all stretches of the depth. */
function recordTiles(
  call: GemmCall,
  tile: TileSpec,
  extents: GemmExtents,
  stretch = extents.quads,
): void {
  const { x, weight, batch, geometry, pixels } = call;
  const { m, n, quads, taps, parts, direct } = extents;
  const spec: ImplicitGemmSpec = {
    ...weight.tile,
    ...tile,
    taps: weight.taps,
    direct,
    vector: weight.channels % 4 === 0,
    upsample: geometry.upsample ?? false,
    sparse: pixels !== undefined,
    batchAxes: batch?.length ?? 0,
    stored: storedAs(weight),
  };
  const params = { ...paramsOf(call, extents), stretch, ...(tile.split ? { alpha: 1 } : {}) };
  const tiles = Math.ceil(m / tileRows(spec));
  const [gridX, gridY] = tile.split ? [tiles, Math.ceil(quads / stretch)] : flatGrid(tiles);
  const tensors = [x, weight.tensor, ...(pixels ? [pixels] : []), ...epilogueTensors(call)];
  const flops = 2 * m * n * taps * weight.channels / params.panels;
  const layers = params.panels * parts;
  for (const { first, count } of gridLayers(layers, flops * layers, x.gpu.work.dispatchFlops)) {
    x.gpu.dispatch({
      kernel: x.gpu.kernel("implicit_gemm", spec, implicitGemm),
      tensors,
      params: paramList({ ...params, first_layer: first }, batch),
      grid: [gridX, gridY, count],
      label: call.label,
      flops: flops * count,
      iterations: taps * (stretch + 2) + spec.rows,
    });
  }
}

/** Records sums over stretches of the depth, and their sum. */
function recordSplit(
  call: GemmCall,
  spec: Omit<StoreSpec, "fours">,
  extents: GemmExtents,
): void {
  const { x, weight } = call;
  const { gpu } = x;
  const params = paramsOf(call, extents);
  const stretch = stretchFor(gpu.caps, weight.tile, extents);
  const splits = Math.ceil(extents.quads / stretch);
  const columns = params.n * params.groups;
  const sums = gpu.empty([splits, params.rows, columns]);
  const plain = { ...spec, store: "rows", epilogue: epilogueSpec({}) } as const;
  const partial = { ...call, epilogue: {}, y: sums };
  recordTiles(
    { ...partial, label: `${call.label} parts` },
    {
      ...plain,
      fours: storesFours(partial),
      rows: rowsFor(weight.tile, extents, "split"),
      split: true,
    },
    extents,
    stretch,
  );
  const fours = fitsFours(call);
  gpu.dispatch({
    kernel: gpu.kernel("sum_splits", { ...spec, fours }, sumSplits),
    tensors: [sums, ...epilogueTensors(call)],
    params: [...paramList(params), splits],
    grid: flatGrid(Math.ceil(params.rows * columns / (fours ? 4 : 1) / SUM_THREADS)),
    label: call.label,
    iterations: splits,
  });
  gpu.free(sums);
}

/** Records the kernel for very few rows. */
function recordGemv(call: GemmCall, store: StoreSpec, extents: GemmExtents): void {
  const { x, weight, matrix, batch } = call;
  const { m: rows, n, quads, parts } = extents;
  const spec: GemvSpec = {
    ...{ ...store, ...gemvTile(x.gpu.caps, weight.tile, matrix), rows },
    vector: weight.channels % 4 === 0,
    batchAxes: batch?.length ?? 0,
    operand: matrix ? { kind: "matrix", transposed: matrix.transposed } : {
      kind: "panels",
      width: panelColumns(weight.tile),
      columns: weight.tile.variant === "shared" ? 1 : weight.tile.columns,
      stored: storedAs(weight),
    },
  };
  const params = paramsOf(call, extents);
  // The columns of a panel lie in another order, so that those of the last one are anywhere in it.
  const places = matrix ? n : params.panels * panelColumns(weight.tile);
  const [gridX, gridY] = flatGrid(Math.ceil(places / spec.columns));
  const flops = 2 * rows * n * weight.channels;
  for (const { first, count } of gridLayers(parts, flops * parts, x.gpu.work.dispatchFlops)) {
    x.gpu.dispatch({
      kernel: x.gpu.kernel("gemv", spec, gemv),
      tensors: [x, weight.tensor, ...epilogueTensors(call)],
      params: paramList({ ...params, first_layer: first }, batch),
      grid: [gridX, gridY, count],
      label: call.label,
      flops: flops * count,
      iterations: Math.ceil(quads / spec.slices) + 1,
    });
  }
}

/** Whether four neighbouring columns lie side by side in the result and in what is added to it. */
function fitsFours({ weight, store, epilogue }: GemmCall): boolean {
  const widths = [
    weight.columns,
    epilogue.lookup?.table.shape.at(-1) ?? 0,
    store?.order === "heads" ? store.values[HEAD_WIDTH] ?? 1 : 0,
  ];
  return widths.every((width) => width % 4 === 0);
}

/** Whether a thread has four neighbouring columns and can store them together. */
function storesFours(call: GemmCall): boolean {
  const { variant, columns } = call.weight.tile;
  return variant !== "shared" && columns === 4 && fitsFours(call);
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
