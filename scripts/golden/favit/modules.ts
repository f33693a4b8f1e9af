/** Parts of the networks: attention, and blocks. */
import {
  Block,
  channelGroups,
  FactorizedAttention,
  type FactorizedAttentionConfig,
  type FactorizedParts,
} from "@vicinity/favit";
import type { Gpu, Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { planesOf, shown } from "./shown.ts";

interface StoredModule {
  readonly dim: number;
  readonly num_heads: number;
  readonly sr_ratio: number;
  readonly mlp_ratio?: number;
  readonly H: number;
  readonly W: number;
}

function configOf(golden: GoldenCase): FactorizedAttentionConfig & StoredModule {
  const stored = golden.json("config") as StoredModule;
  return { ...stored, heads: stored.num_heads, reduction: stored.sr_ratio };
}

/** `input.x` as a map. */
async function inputOf(gpu: Gpu, golden: GoldenCase): Promise<Tensor> {
  const { dim, H, W } = configOf(golden);
  const { shape: [batch = 1], values } = await golden.tensor("input.x");
  return gpu.tensor([batch, H, W, dim], Float32Array.from(values));
}

/** Attention with its projections, and what is on the way. */
export async function* runAttention(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const config = configOf(golden);
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new FactorizedAttention(parameters, store, config),
  );
  const x = await inputOf(gpu, golden);
  const zeros = gpu.empty(x.shape);
  gpu.clear(zeros);
  yield* shown(gpu, golden, [{ name: "output.y", tensor: loaded.network.forward(x, zeros) }]);
  yield* intermediates(gpu, golden, config, loaded.network.parts(x));
}

/** Rows of the width that kernels store, as files have them. */
function unpadded(values: ArrayLike<number>, padded: number, width: number): number[] {
  return Array.from(values).filter((_, at) => at % padded < width);
}

async function* intermediates(
  gpu: Gpu,
  golden: GoldenCase,
  config: FactorizedAttentionConfig & StoredModule,
  parts: FactorizedParts,
): AsyncGenerator<Produced> {
  const { heads, H, W, dim } = config;
  const { global, dilations, width } = channelGroups(config);
  const [globalQueries = [], localQueries = [], globalKeys = [], globalValues = []] = await gpu
    .read([parts.globalQueries, parts.localQueries, parts.globalKeys, parts.globalValues]);
  const [tokens = [], keys = [], values = [], mixed = []] = await gpu
    .read([parts.windowTokens, parts.fused.keys, parts.fused.values, parts.mixed]);
  const globalWidth = parts.globalKeys.shape[3] ?? 1;
  const padded = parts.fused.keys.shape[3] ?? 1;
  const [batch = 1] = parts.windowTokens.shape;
  const produced: Produced[] = [
    { name: "mid.k_g", values: unpadded(globalKeys, globalWidth, global) },
    { name: "mid.v_g", values: unpadded(globalValues, globalWidth, global) },
    { name: "mid.kv_l", values: planesOf(tokens, [batch, H, W, dim - global]) },
  ];
  const share = (all: ArrayLike<number>, group: number) => {
    const plain = unpadded(all, padded, width);
    const size = plain.length / dilations.length;
    return plain.slice(group * size, (group + 1) * size);
  };
  for (const group of dilations.keys()) {
    produced.push({ name: `mid.k_${group + 1}`, values: share(keys, group) });
    produced.push({ name: `mid.v_${group + 1}`, values: share(values, group) });
  }
  const count = H * W;
  /** Channels of all groups; the local ones lie head by head, or token by token. */
  const official = (
    globalValues: ArrayLike<number>,
    localValues: ArrayLike<number>,
    channel: (group: number, head: number, c: number) => number,
    at: (group: number, picture: number, token: number, head: number, c: number) => number,
  ) => {
    const y = new Float64Array(batch * count * dim);
    const coarse = unpadded(globalValues, globalWidth, global);
    const local = unpadded(localValues, padded, width);
    for (let row = 0; row < batch * count; row++) {
      for (let c = 0; c < global; c++) y[row * dim + c] = coarse[row * global + c] ?? NaN;
      const [picture, token] = [Math.floor(row / count), row % count];
      for (const group of dilations.keys()) {
        for (let head = 0; head < heads; head++) {
          for (let c = 0; c < width; c++) {
            y[row * dim + channel(group, head, c)] = local[at(group, picture, token, head, c)] ??
              NaN;
          }
        }
      }
    }
    return y;
  };
  const { length: groups } = dilations;
  produced.push({
    name: "mid.q",
    values: official(
      globalQueries,
      localQueries,
      (group, head, c) => global + (head * groups + group) * width + c,
      (group, picture, token, head, c) =>
        (((group * batch + picture) * heads + head) * count + token) * width + c,
    ),
  });
  produced.push({
    name: "mid.concat",
    values: Array.from(mixed).filter((_, at) => {
      const channel = at % (parts.mixed.shape[2] ?? 1);
      return channel < globalWidth ? channel < global : (channel - globalWidth) % padded < width;
    }),
  });
  for (const one of produced) if (golden.has(one.name)) yield one;
}

/** A block. */
export async function* runBlock(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const config = configOf(golden);
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new Block(parameters, store, { ...config, mlpRatio: config.mlp_ratio ?? 4 }),
  );
  const x = await inputOf(gpu, golden);
  const { norm1, attended, y } = loaded.network.steps(x);
  yield* shown(gpu, golden, [
    { name: "mid.norm1", tensor: norm1 },
    { name: "output.y", tensor: y },
  ]);
  const [sum = [], own = []] = await gpu.read([attended, x]);
  if (!golden.has("mid.attn")) return;
  yield { name: "mid.attn", values: Float64Array.from(sum, (value, i) => value - (own[i] ?? 0)) };
}
