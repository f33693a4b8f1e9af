/** Weights of linear layers and convolutions, laid out once at load for the GEMM kernels. */
import { ShapeError } from "../errors.ts";
import type { Caps } from "../gpu/device.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { StoredWeight } from "../kernels/gemm_operands.ts";
import { panelColumn, panelColumns } from "../kernels/implicit_gemm.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { tunedVariant } from "../tune/tuning.ts";
import { broadcastLanes, lanesFor } from "../wgsl/subgroups.ts";

/** Which GEMM kernel weights are packed for. */
export type GemmVariant = "lanes" | "registers" | "shared";

/** The part of a kernel's tile that the layout of the weights depends on. */
export interface WeightTile {
  /** Kernel structure. */
  readonly variant: GemmVariant;
  /** Lanes of a workgroup. */
  readonly lanes: number;
  /** Columns a thread. */
  readonly columns: number;
}

/** Weights in panels, with what is needed to use them. */
export interface PackedWeight {
  /** `[groups, panels, taps, quads, places in the panel, 4]`, zeros where there is no weight. */
  readonly tensor: Tensor;
  /** Kernel extents in time, height and width. */
  readonly taps: readonly [number, number, number];
  /** Input channels of a group. */
  readonly channels: number;
  /** Output channels of a group. */
  readonly columns: number;
  /** Groups of a grouped convolution, else 1. */
  readonly groups: number;
  /** The tile that the panels fit. */
  readonly tile: WeightTile;
}

/** Options of {@link packWeight}. */
export interface PackOptions {
  /** Groups of a grouped convolution. */
  readonly groups?: number;
  /** Kernel to pack for; the adapter decides when absent. */
  readonly variant?: GemmVariant;
  /** How the values are stored, f32 when absent; kernels compute in f32 in any case. */
  readonly stored?: StoredWeight;
}

/**
 * Lays out the weight of a linear layer or a convolution for this adapter.
 *
 * @param gpu The context.
 * @param data Values in the order of PyTorch: `[out, in / groups, ...kernel]`.
 * @param shape Their shape: 2, 3 (kernel width), 4 (height, width) or 5 (time, height, width) axes.
 * @param options Groups, how the values are stored, and a variant to force.
 * @returns The packed weight; free its `tensor` with the model.
 * @throws {ShapeError} If the shape does not fit the data or the groups.
 */
export function packWeight(
  gpu: Gpu,
  data: Float32Array,
  shape: readonly number[],
  options: PackOptions = {},
): PackedWeight {
  const groups = options.groups ?? 1;
  const [out = 0, channels = 0, ...kernelShape] = shape;
  if (sizeOf(shape) !== data.length || shape.length < 2 || shape.length > 5 || out % groups !== 0) {
    throw new ShapeError(
      `Cannot pack a weight of shape [${shape}] with ${data.length} values in ${groups} groups: ` +
        `give [out, in / groups, ...kernel] with as many values.`,
    );
  }
  const taps: [number, number, number] = [
    kernelShape.at(-3) ?? 1,
    kernelShape.at(-2) ?? 1,
    kernelShape.at(-1) ?? 1,
  ];
  const columns = out / groups;
  const tile = chooseTile(gpu.caps, columns, channels * sizeOf(taps), options.variant);
  const width = panelColumns(tile);
  const placeOf = inverse(Array.from({ length: width }, (_, place) => panelColumn(tile, place)));
  const packed = panels(data, { groups, columns, channels, taps: sizeOf(taps), placeOf });
  const tensor = gpu.tensor([packed.length], packed, options.stored ?? "f32");
  return { tensor, taps, channels, columns, groups, tile };
}

/**
 * Time of a panel by the columns a thread has, in that of a column; measured on llvmpipe. Four are hardly
 * dearer than three, since they are stored as one vector: 784 rows of 64 by 56 columns took 0.45 ms in two
 * panels of four and 0.74 ms in seven of one.
 */
const PANEL_COST = { 4: 2.2, 3: 2.1, 2: 1.5, 1: 1 };

/** Columns a thread that cost the least; the larger of equals. */
function fittingColumns(columns: number, lanes: number): 1 | 2 | 3 | 4 {
  const cost = (count: 1 | 2 | 3 | 4) => Math.ceil(columns / (lanes * count)) * PANEL_COST[count];
  return ([4, 3, 2, 1] as const).reduce((best, count) => cost(count) < cost(best) ? count : best);
}

/**
 * The tile that suits an adapter and a number of columns.
 *
 * @param caps Facts about the adapter.
 * @param columns Columns of the result.
 * @param depth Channels of all taps: rows of the result are not known when weights are laid out.
 * @param forced Kernel structure to use in any case.
 * @returns The tile.
 * @throws {ShapeError} If `lanes` is forced where subgroups have no fixed number of lanes.
 */
export function chooseTile(
  caps: Caps,
  columns: number,
  depth: number,
  forced?: GemmVariant,
): WeightTile {
  const canBroadcast = broadcastLanes(caps) > 0;
  const feasible: GemmVariant[] = canBroadcast
    ? ["lanes", "registers", "shared"]
    : ["registers", "shared"];
  const variant = forced ?? tunedVariant(caps, "pack", { n: columns, k: depth }, feasible) ??
    (!caps.isCpu ? "shared" : canBroadcast ? "lanes" : "registers");
  const lanes = variant === "lanes" ? lanesFor(caps, variant) : 8;
  return { variant, lanes, columns: fittingColumns(columns, lanes) };
}

/** Extents of a weight and of its panels. */
interface PanelExtents {
  readonly groups: number;
  readonly columns: number;
  readonly channels: number;
  readonly taps: number;
  /** Places of the columns of a panel. */
  readonly placeOf: readonly number[];
}

function inverse(permutation: readonly number[]): number[] {
  const places = new Array<number>(permutation.length);
  permutation.forEach((column, place) => places[column] = place);
  return places;
}

function panels(data: Float32Array, extents: PanelExtents): Float32Array {
  const { groups, columns, channels, taps, placeOf } = extents;
  const width = placeOf.length;
  const count = Math.ceil(columns / width);
  const quads = Math.ceil(channels / 4);
  const packed = new Float32Array(groups * count * taps * quads * width * 4);
  for (let out = 0; out < groups * columns; out++) {
    const group = Math.floor(out / columns);
    const column = out % columns;
    const panel = group * count + Math.floor(column / width);
    const place = placeOf[column % width] ?? 0;
    for (let channel = 0; channel < channels; channel++) {
      const from = (out * channels + channel) * taps;
      for (let tap = 0; tap < taps; tap++) {
        const quad = (panel * taps + tap) * quads + (channel >> 2);
        packed[(quad * width + place) * 4 + channel % 4] = data[from + tap] ?? 0;
      }
    }
  }
  return packed;
}
