/** What the tuner measures: operations at extents of the models, each with the kernels it may run on. */
import { attention, type AttentionVariant, dense, neighbourhood } from "@vicinity/attention";
import {
  broadcastLanes,
  CANDIDATES,
  conv2d,
  depthwiseConv2d,
  fixedSubgroup,
  fusedMlp,
  type GemmForm,
  type GemmVariant,
  type Gpu,
  layerNorm,
  linear,
  matmul,
  packDepthwise,
  packWeight,
  type RowVariant,
  sizeOf,
  softmax,
  type Tensor,
  type TunedFamily,
} from "@vicinity/tensor";

/** An operation whose kernel is to be chosen. */
export interface Operation {
  readonly family: TunedFamily;
  /** What the choice depends on. */
  readonly extents: Readonly<Record<string, number>>;
  /** Kernels that can run here. */
  readonly candidates: readonly string[];
  /** Makes the tensors, and gives what is to be measured. */
  readonly prepare: (gpu: Gpu, candidate: string) => () => Tensor;
}

/** Extents that are measured, by family. */
export interface Shapes {
  /** Columns and channels of weights, and the side of the kernel. */
  readonly weights: readonly Three[];
  /** Rows, columns and depth of products by weights. */
  readonly products: readonly Three[];
  /** Side of the map, columns and channels of 3 × 3 convolutions. */
  readonly convolutions: readonly Three[];
  /** Rows, columns and depth of products of which both operands are computed. */
  readonly matrices: readonly Three[];
  /** Rows and columns of norms and softmax. */
  readonly rows: readonly (readonly [number, number])[];
  /** Queries, keys and width of a head. */
  readonly heads: readonly Three[];
  /** Side of the map, side of the neighbourhood, and width of a head. */
  readonly neighbourhoods: readonly Three[];
  /** Channels, hidden channels and taps of a convolution between the layers. */
  readonly mlps: readonly Three[];
}

type Three = readonly [number, number, number];
type Heads = [Tensor, Tensor, Tensor];

/**
 * Columns and channels of linear layers; 3 × 3 convolutions of the upscaler (up to 192), of maps seen
 * from above (128 and 256) and of segmentation heads (512).
 */
const WEIGHTS: Shapes["weights"] = [
  [32, 32, 1],
  [192, 64, 1],
  [512, 128, 1],
  [512, 512, 1],
  [2048, 512, 1],
  [512, 2048, 1],
  [1536, 1536, 1],
  [16, 16, 3],
  [64, 64, 3],
  [96, 96, 3],
  [128, 128, 3],
  [192, 192, 3],
  [256, 256, 3],
  [512, 512, 3],
];
const PRODUCTS: Shapes["products"] = [
  [1, 1000, 512],
  [4, 512, 512],
  [64, 64, 4096],
  [49, 512, 2048],
  [196, 2048, 512],
  [1024, 512, 512],
  [1024, 1024, 1024],
  [2048, 1024, 1024],
  [4096, 192, 64],
  [4096, 1536, 1536],
];
/** Depths of fewer than 512 channels run in one form only: those of the upscaler and of maps seen from above. */
const CONVOLUTIONS: Shapes["convolutions"] = [[8, 512, 512], [16, 512, 512], [32, 512, 512]];
const MATRICES: Shapes["matrices"] = [
  [1, 1024, 1024],
  [4, 256, 256],
  [64, 64, 32],
  [100, 4096, 256],
  [512, 512, 64],
];
const ROWS: Shapes["rows"] = [[64, 4096], [256, 1536], [1024, 192], [4096, 64], [4096, 768]];
const HEADS: Shapes["heads"] = [[49, 49, 32], [90, 90, 16], [512, 512, 64], [1024, 1024, 128]];
const NEIGHBOURHOODS: Shapes["neighbourhoods"] = [[28, 7, 32], [28, 11, 32], [28, 3, 32]];
const MLPS: Shapes["mlps"] = [[64, 192, 0], [128, 384, 0], [32, 256, 9], [64, 512, 9]];

/** Extents of the models. */
export const SHAPES: Shapes = {
  weights: WEIGHTS,
  products: PRODUCTS,
  convolutions: CONVOLUTIONS,
  matrices: MATRICES,
  rows: ROWS,
  heads: HEADS,
  neighbourhoods: NEIGHBOURHOODS,
  mlps: MLPS,
};

/** The kernel that weights are laid out for, where that was measured. */
export type PackedFor = (n: number, k: number) => GemmVariant | undefined;

/**
 * All that is measured on an adapter.
 *
 * @param gpu A context on it.
 * @param packedFor Told at the time when an operation is prepared; weights are measured first.
 * @param shapes What to measure of each family.
 * @returns The operations, one a key.
 */
export function operations(gpu: Gpu, packedFor: PackedFor, shapes = SHAPES): Operation[] {
  const subgroups: readonly string[] = [
    ...(broadcastLanes(gpu.caps) > 0 ? [] : ["lanes", "patches"]),
    ...(fixedSubgroup(gpu.caps) > 0 ? [] : ["subgroup"]),
  ];
  const possible = (family: TunedFamily) =>
    CANDIDATES[family].filter((name) => !subgroups.includes(name));
  const all = (
    family: TunedFamily,
    extents: Operation["extents"],
    prepare: Operation["prepare"],
  ) => ({
    family,
    extents,
    candidates: possible(family),
    prepare,
  });
  return [
    ...shapes.weights.map(([n, channels, side]) =>
      all("pack", { n, k: channels * side * side }, packing(n, channels, side))
    ),
    ...shapes.products.map(([m, n, k]) => all("gemm", { m, n, k }, product(m, n, k, packedFor))),
    ...shapes.convolutions.map(([side, n, channels]) =>
      all(
        "conv",
        { m: side ** 2, n, k: 9 * channels },
        convolution(side, n, channels, packedFor),
      )
    ),
    ...shapes.matrices.map(([m, n, k]) =>
      all("matmul", { m, n, k }, (gpu, form) => {
        const [a, b] = [values(gpu, m, k), values(gpu, k, n)];
        return () => matmul(a, b, { form: form as GemmForm });
      })
    ),
    ...shapes.rows.map(([rows, columns]) =>
      all("rows", { rows, columns }, rowOperations(rows, columns))
    ),
    ...shapes.heads.map(([queries, keys, width]) =>
      all("attention", { queries, keys, width }, (gpu, variant) => {
        const q = values(gpu, 4, 4, queries, width);
        const [k, v] = [values(gpu, 4, 4, keys, width), values(gpu, 4, 4, keys, width)];
        return () => attention(q, k, v, dense(), { variant: variant as AttentionVariant });
      })
    ),
    ...shapes.neighbourhoods.map(([side, kernel, width]) =>
      all("neighbourhood", { neighbours: kernel ** 2, width }, (gpu, variant) => {
        const vicinity = neighbourhood({ grid: [side, side], kernel });
        const [q, k, v] = [1, 2, 3].map(() => values(gpu, 1, 4, side ** 2, width)) as Heads;
        const bias = values(gpu, 4, 2 * kernel - 1, 2 * kernel - 1);
        return () => attention(q, k, v, vicinity, { bias, variant: variant as AttentionVariant });
      })
    ),
    ...shapes.mlps.map(([dim, hidden, taps]) =>
      all("mlp", { dim, hidden }, mlp(dim, hidden, taps))
    ),
  ];
}

function data(count: number, scale: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: count },
    (_, i) => ((i * 2654435761 >>> 0) / 2 ** 31 - 1) * scale,
  );
}

function values(gpu: Gpu, ...shape: number[]): Tensor {
  return gpu.tensor(shape, data(sizeOf(shape), 1));
}

/** Weights are laid out before anybody knows for how many rows: these are measured with many. */
function packing(n: number, channels: number, side: number): Operation["prepare"] {
  const shape = side === 1 ? [n, channels] : [n, channels, side, side];
  return (gpu, variant) => {
    const w = data(sizeOf(shape), 1 / Math.sqrt(channels * side * side));
    const weight = packWeight(gpu, w, shape, { variant: variant as GemmVariant });
    const x = values(gpu, 1, 32, 32, channels);
    return side === 1 ? () => linear(x, weight) : () => conv2d(x, weight, { padding: 1 });
  };
}

function product(
  m: number,
  n: number,
  k: number,
  packedFor: PackedFor,
): Operation["prepare"] {
  return (gpu, form) => {
    const variant = packedFor(n, k);
    const weight = packWeight(gpu, data(n * k, k ** -0.5), [n, k], variant ? { variant } : {});
    const x = values(gpu, m, k);
    return () => linear(x, weight, { form: form as GemmForm });
  };
}

function convolution(
  side: number,
  n: number,
  channels: number,
  packedFor: PackedFor,
): Operation["prepare"] {
  const shape = [n, channels, 3, 3];
  return (gpu, form) => {
    const variant = packedFor(n, 9 * channels);
    const w = data(sizeOf(shape), (9 * channels) ** -0.5);
    const weight = packWeight(gpu, w, shape, variant ? { variant } : {});
    const x = values(gpu, 1, side, side, channels);
    return () => conv2d(x, weight, { padding: 1, form: form as GemmForm });
  };
}

/** A norm and a softmax, which share their choice. */
function rowOperations(rows: number, columns: number): Operation["prepare"] {
  return (gpu, name) => {
    const [x, w] = [values(gpu, rows, columns), values(gpu, columns)];
    const variant = name as RowVariant;
    return () => softmax(layerNorm(x, { weight: w, bias: w, variant }), { variant });
  };
}

/** The MLP of a stage of 56 x 56 tokens; with a depthwise convolution if there are taps. */
function mlp(dim: number, hidden: number, taps: number): Operation["prepare"] {
  return (gpu, variant) => {
    const x = values(gpu, 1, 56, 56, dim);
    const [fc1, fc2] = [data(hidden * dim, dim ** -0.5), data(dim * hidden, hidden ** -0.5)];
    const [bias1, bias2, filters] = [data(hidden, 1), values(gpu, dim), data(hidden * taps, 0.3)];
    if (variant === "fused") {
      const zeros = taps === 0 ? [] : Array.from({ length: hidden }, () => 0);
      const byTap = Array.from(
        { length: taps * hidden },
        (_, at) => filters[at % hidden * taps + Math.floor(at / hidden)] ?? 0,
      );
      const between = Float32Array.from([...bias1, ...zeros, ...byTap]);
      const weights = {
        fc1: gpu.tensor([hidden, dim], fc1),
        between: gpu.tensor([between.length / hidden, hidden], between),
        fc2: gpu.tensor([dim, hidden], fc2),
        bias: bias2,
      };
      return () => fusedMlp(x, weights, { residual: x });
    }
    const [first, second] = [
      packWeight(gpu, fc1, [hidden, dim]),
      packWeight(gpu, fc2, [dim, hidden]),
    ];
    const bias = gpu.tensor([hidden], bias1);
    const last = (y: Tensor) => linear(y, second, { bias: bias2, residual: x });
    if (taps === 0) return () => last(linear(x, first, { bias, activation: "gelu" }));
    const side = Math.sqrt(taps);
    const depthwise = packDepthwise(gpu, filters, [hidden, 1, side, side]);
    return () =>
      last(depthwiseConv2d(linear(x, first, { bias }), depthwise, {
        padding: (side - 1) / 2,
        activation: "gelu",
      }));
  };
}
