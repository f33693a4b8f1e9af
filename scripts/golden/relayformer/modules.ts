/** Parts of the network: adapters, relay attention, decoder. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  Block,
  type BlockConfig,
  MaskDecoder,
  mergeAdapter,
  partition,
  RelayAttention,
  relayFactors,
  RelayMlp,
  relayPositions,
} from "@vicinity/relayformer";
import { type Gpu, reshape, type Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, channelsLast, joined, samplesOf } from "../layout.ts";
import { loadNetwork, upload } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { configOf, gridOf } from "./config.ts";

/** A tensor as it is stored. */
async function plain(gpu: Gpu, golden: GoldenCase, name: string): Promise<Tensor> {
  const { shape, values } = await golden.tensor(name);
  return gpu.tensor(shape, Float32Array.from(values));
}

/** The position code of relay tokens on the GPU. */
function positionsOn(
  gpu: Gpu,
  { valid, grid, clip, relayTokens, headDim }: {
    readonly valid: readonly number[];
    readonly grid: number;
    readonly clip: number;
    readonly relayTokens: number;
    readonly headDim: number;
  },
) {
  const tiles = valid.map((index) => ({
    row: Math.floor(index / grid),
    col: index % grid,
    top: 0,
    left: 0,
  }));
  const { own, other } = relayFactors(relayPositions({ tiles }, clip, relayTokens), headDim);
  const shape = [own.length / headDim, headDim];
  return { own: gpu.tensor(shape, own), other: gpu.tensor(shape, other) };
}

/** Attention and MLP with both adapters, and the merged weights. */
export async function* runGlora(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const dim = golden.number("dim");
  const config: BlockConfig = {
    dim,
    heads: golden.number("num_heads"),
    hidden: golden.file.entry("weight.mlp.fc1.weight").shape[0] ?? 0,
    rank: golden.number("rank"),
    alpha: golden.number("alpha"),
  };
  using loaded = await loadNetwork(gpu, golden, (parameters, store) => ({
    attn: new RelayAttention(parameters, store.at("attn"), config),
    mlp: new RelayMlp(parameters, store.at("mlp"), config),
  }));
  const { attn, mlp } = loaded.network;
  const x = await plain(gpu, golden, "input.x");
  const relay = await plain(gpu, golden, "input.relay");
  const positions = positionsOn(gpu, {
    valid: golden.extents("valid"),
    grid: golden.number("grid_size"),
    clip: golden.number("clip_len"),
    relayTokens: golden.number("tokens_per_patch"),
    headDim: dim / config.heads,
  });
  const [mlpLocal = [], mlpGlobal = [], attnLocal = [], attnGlobal = []] = await gpu.read([
    mlp.local(x),
    mlp.relay(x),
    attn.local(x),
    attn.relay(reshape(relay, relay.shape.slice(1)), positions),
  ]);
  yield { name: "output.mlp_local", values: mlpLocal };
  yield { name: "output.mlp_global", values: mlpGlobal };
  yield { name: "output.attn_local", values: attnLocal };
  yield { name: "output.attn_global", values: attnGlobal };
  for (const name of golden.names("mid.merged.")) yield await mergedWeight(golden, name, config);
}

/** Names such as `mid.merged.attn._qkv_w_loc` and `mid.merged.mlp._fc1_w_glo`. */
async function mergedWeight(
  golden: GoldenCase,
  name: string,
  { rank, alpha }: BlockConfig,
): Promise<Produced> {
  const [, module = "", layer = "", which = ""] = /(\w+)\._(\w+)_w_(loc|glo)$/.exec(name) ?? [];
  const adapter = `weight.${module}.${layer.replace("fc", "lora")}${
    module === "attn" ? "_lora" : ""
  }_${which}`;
  const read = async (key: string) => Float32Array.from((await golden.tensor(key)).values);
  const values = mergeAdapter(
    await read(`weight.${module}.${layer}.weight`),
    await read(`${adapter}.lora_A`),
    await read(`${adapter}.lora_B`),
    { rank, scale: alpha / rank },
  );
  return { name, values };
}

/** What a file of relay tokens says of a sample. */
interface SampleInfo {
  readonly valid: readonly number[];
  readonly clip_len: number;
}

/** A block on the relay tokens of samples of unlike length. */
export async function* runGlobalBlock(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const { vit, canvas } = configOf(golden);
  const build = (parameters: Parameters, store: WeightStore) =>
    new Block(parameters, store.at("vit.blocks").at(golden.number("block")), vit);
  using loaded = await loadNetwork(gpu, golden, build);
  const infos = golden.json("infos") as SampleInfo[];
  for (const [index, { valid, clip_len: clip }] of infos.entries()) {
    const x = await plain(gpu, golden, `input.${index}.relay`);
    const positions = positionsOn(gpu, {
      ...{ valid, clip, grid: canvas.grid },
      ...{ relayTokens: vit.relayTokens, headDim: vit.dim / vit.heads },
    });
    const y = loaded.network.relay(reshape(x, x.shape.slice(1)), positions);
    const [values = []] = await gpu.read([y]);
    yield { name: `output.${index}.relay`, values };
  }
  yield await positionIds(golden, infos, canvas.grid, vit.relayTokens);
}

/** Positions of all samples, padded to the longest; what pads them is not compared. */
async function positionIds(
  golden: GoldenCase,
  infos: readonly SampleInfo[],
  grid: number,
  relayTokens: number,
): Promise<Produced> {
  const name = "mid.position_ids";
  const { shape, values } = await golden.tensor(name);
  const [, samples = 0, length = 0] = shape;
  const canvas = { size: grid, grid, tile: 48 };
  const own = values.slice();
  for (const [sample, { valid, clip_len: clip }] of infos.entries()) {
    const cut = partition(canvas, gridOf(valid, grid));
    relayPositions(cut, clip, relayTokens).forEach((axes, token) =>
      axes.forEach((position, axis) => own[(axis * samples + sample) * length + token] = position)
    );
  }
  return { name, values: own };
}

/** The decoder alone, on a batch of maps. */
export async function* runDecoder(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const dim = golden.number("hidden_dim");
  const config = {
    dim,
    queries: golden.number("num_queries"),
    heads: golden.number("num_heads"),
    layers: golden.number("num_layers"),
    hidden: dim,
  };
  const channels = golden.number("in_channels");
  using loaded = await loadNetwork(gpu, golden, (parameters, store) => {
    const prefixed = golden.names("weight.").every((name) =>
      name.startsWith("weight.mask_decoder")
    );
    const home = prefixed ? store.at("mask_decoder") : store;
    return new MaskDecoder(parameters, home, channels, config);
  });
  const outputs = samplesOf(await golden.tensor("input.x"), 3).map((sample) => {
    const map = upload(gpu, sample);
    return loaded.network.forward(reshape(map, [1, ...map.shape]));
  });
  const values = async (tensors: readonly Tensor[]) => joined(await gpu.read(tensors));
  yield { name: "output.mask", values: await values(outputs.map(({ mask }) => mask)) };
  const projected = await gpu.read(outputs.map((output) => output.projected));
  yield {
    name: "mid.input_proj",
    values: joined(projected.map((map) => channelsFirst(map, dim))),
  };
  for (let layer = 0; layer < config.layers; layer++) {
    for (const norm of ["cross", "self", "ffn"] as const) {
      const tensors = outputs.flatMap(({ layers }) => layers[layer]?.[norm] ?? []);
      yield { name: `mid.layer${layer}.norm_${norm}`, values: await values(tensors) };
    }
  }
  const gates = await values(outputs.map((output) => output.gates));
  yield { name: "mid.gate_pre_sigmoid", values: gates };
}

/** `[batch, channels, rows, cols]` to the GPU, channels last. */
export async function mapOn(gpu: Gpu, golden: GoldenCase, name: string): Promise<Tensor> {
  const samples = samplesOf(await golden.tensor(name), 3).map(channelsLast);
  const values = Float32Array.from(joined(samples.map((sample) => sample.values)));
  return gpu.tensor([samples.length, ...samples[0]?.shape ?? []], values);
}
