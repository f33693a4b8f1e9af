/** What the tuner measures: operations at extents of the models, each with the kernels it may run on. */
import { attention, type AttentionVariant, dense } from "@vicinity/attention";
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

/** Columns and depth of weights, and the side of the kernel. */
const WEIGHTS = [
  [32, 32, 1],
  [192, 64, 1],
  [512, 128, 1],
  [512, 512, 1],
  [2048, 512, 1],
  [512, 2048, 1],
  [1536, 1536, 1],
  [16, 16, 3],
  [64, 64, 3],
  [256, 256, 3],
] as const;
/** Rows, columns and depth of products by weights. */
const PRODUCTS = [
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
] as const;
/** The same where both operands are computed. */
const MATRICES = [[1, 1024, 1024], [4, 256, 256], [64, 64, 32], [100, 4096, 256], [
  512,
  512,
  64,
]] as const;
/** Rows and columns of norms and softmax. */
const ROWS = [[64, 4096], [256, 1536], [1024, 192], [4096, 64], [4096, 768]] as const;
/** Queries, keys and width of a head. */
const HEADS = [[49, 49, 32], [90, 90, 16], [512, 512, 64], [1024, 1024, 128]] as const;
/** Channels, hidden channels and taps of a convolution between the layers. */
const MLPS = [[64, 192, 0], [128, 384, 0], [32, 256, 9], [64, 512, 9]] as const;

/**
 * All that is measured on an adapter.
 *
 * @param gpu A context on it.
 * @param packedFor The kernel that weights are laid out for; weights are measured first.
 * @returns The operations.
 */
export function operations(
  gpu: Gpu,
  packedFor: (n: number, k: number) => GemmVariant | undefined,
): Operation[] {
  const subgroups: readonly string[] = [
    ...(broadcastLanes(gpu.caps) > 0 ? [] : ["lanes"]),
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
    ...WEIGHTS.map(([n, channels, side]) =>
      all("pack", { n, k: channels * side * side }, packing(n, channels, side))
    ),
    ...PRODUCTS.map(([m, n, k]) => all("gemm", { m, n, k }, product(m, n, k, packedFor))),
    ...MATRICES.map(([m, n, k]) =>
      all("matmul", { m, n, k }, (gpu, form) => {
        const [a, b] = [values(gpu, m, k), values(gpu, k, n)];
        return () => matmul(a, b, { form: form as GemmForm });
      })
    ),
    ...ROWS.map(([rows, columns]) => all("rows", { rows, columns }, rowOperations(rows, columns))),
    ...HEADS.map(([queries, keys, width]) =>
      all("attention", { queries, keys, width }, (gpu, variant) => {
        const q = values(gpu, 4, 4, queries, width);
        const [k, v] = [values(gpu, 4, 4, keys, width), values(gpu, 4, 4, keys, width)];
        return () => attention(q, k, v, dense(), { variant: variant as AttentionVariant });
      })
    ),
    ...MLPS.map(([dim, hidden, taps]) => all("mlp", { dim, hidden }, mlp(dim, hidden, taps))),
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
  const w = data(sizeOf(shape), 1 / Math.sqrt(channels * side * side));
  return (gpu, variant) => {
    const weight = packWeight(gpu, w, shape, { variant: variant as GemmVariant });
    const x = values(gpu, 1, 32, 32, channels);
    return side === 1 ? () => linear(x, weight) : () => conv2d(x, weight, { padding: 1 });
  };
}

function product(
  m: number,
  n: number,
  k: number,
  packedFor: (n: number, k: number) => GemmVariant | undefined,
): Operation["prepare"] {
  return (gpu, form) => {
    const variant = packedFor(n, k);
    const weight = packWeight(gpu, data(n * k, k ** -0.5), [n, k], variant ? { variant } : {});
    const x = values(gpu, m, k);
    return () => linear(x, weight, { form: form as GemmForm });
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
