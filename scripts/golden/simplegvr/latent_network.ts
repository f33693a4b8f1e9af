/** What lies between the latents: upsampler, transformer, and both under a sampler. */
import {
  augment,
  Dit,
  LatentNetwork,
  LatentUpsampler,
  parseDitConfig,
  parseNetConfig,
  parseUpsamplerConfig,
  schedule,
  type TokenTables,
} from "@vicinity/simplegvr";
import { type Gpu, Resizer, type Tensor } from "@vicinity/tensor";
import type { GoldenCase, GoldenTensor } from "../golden_case.ts";
import { joined } from "../layout.ts";
import type { Produced, Tools } from "../runner.ts";
import { contextsOf } from "./text_context.ts";
import { clipsOf, download, loadNetwork, upload } from "../network.ts";

/** The upsampler alone. */
export async function* runUpsampler(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const config = parseUpsamplerConfig(golden.json("config"));
  const { z_dim: zDim, cond_dim: condDim } = Object(golden.json("config"));
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new LatentUpsampler(parameters, store.at("upsampler"), config, { zDim, condDim }),
  );
  const conditions: Float64Array[] = [];
  for (const latent of await clipsOf(golden, "input.lr_latent")) {
    using _scope = gpu.scope();
    using enlarge = enlargerOf(gpu, latent, golden.extents("size"));
    conditions.push(
      ...await download(gpu, [loaded.network.forward(upload(gpu, latent), enlarge)]),
    );
  }
  yield { name: "output.cond", values: joined(conditions) };
}

/** The transformer alone, at one time a sample. */
export async function* runDit(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const config = parseDitConfig(golden.json("config"));
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new Dit(parameters, store, config),
  );
  const dit = loaded.network;
  const { values: times } = await golden.tensor("input.t");
  const contexts = await contextsOf(golden, config);
  const velocities: Float64Array[] = [];
  for (const [index, latent] of (await clipsOf(golden, "input.x")).entries()) {
    using _scope = gpu.scope();
    using cleanup = new DisposableStack();
    const tables = cleanup.adopt(tablesOf(dit, latent), (made) => made.dispose());
    dit.setTime((times[index] ?? 0) / NETWORK_TIMES);
    const velocity = dit.forward(
      upload(gpu, latent),
      tables,
      embedded(gpu, dit, contexts[index]),
    );
    velocities.push(...await download(gpu, [velocity]));
  }
  yield { name: "output.v", values: joined(velocities) };
}

/** Files hold the times as the network hears them. */
const NETWORK_TIMES = 1000;

/** Upsampler, noise on the condition, and Euler steps. */
export async function* runLatentNetwork(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const config = parseNetConfig(golden.json("config"));
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new LatentNetwork(parameters, store, config),
  );
  const net = loaded.network;
  const times = schedule({
    kind: "euler",
    steps: golden.number("steps"),
    shift: golden.number("shift"),
  }).sigmas;
  const noises = await clipsOf(golden, "input.noise");
  const augmentations = await clipsOf(golden, "input.aug_noise");
  const contexts = await contextsOf(golden, config.dit);
  const parts: { upsampled: Float64Array[]; condition: Float64Array[]; latent: Float64Array[] } = {
    upsampled: [],
    condition: [],
    latent: [],
  };
  for (const [index, source] of (await clipsOf(golden, "input.lr_latent")).entries()) {
    const [noise, augmentation] = [noises[index], augmentations[index]];
    if (!noise || !augmentation) continue;
    using _scope = gpu.scope();
    using enlarge = enlargerOf(gpu, source, golden.extents("size"));
    using cleanup = new DisposableStack();
    const tables = cleanup.adopt(tablesOf(net.dit, noise), (made) => made.dispose());
    const upsampled = net.condition(upload(gpu, source), enlarge);
    const condition = augment(upsampled, upload(gpu, augmentation), golden.number("aug"));
    const latent = net.sample(condition, {
      times,
      noise: upload(gpu, noise),
      tables,
      text: embedded(gpu, net.dit, contexts[index]),
    });
    const [first = none, second = none, third = none] = await download(
      gpu,
      [upsampled, condition, latent],
    );
    parts.upsampled.push(first);
    parts.condition.push(second);
    parts.latent.push(third);
  }
  yield { name: "mid.upsampled", values: joined(parts.upsampled) };
  yield { name: "mid.condition", values: joined(parts.condition) };
  yield { name: "output.latent", values: joined(parts.latent) };
}

const none = new Float64Array();

/** Bilinear enlargement of a latent `[channels, frames, rows, cols]` to a size. */
function enlargerOf(gpu: Gpu, { shape }: GoldenTensor, size: readonly number[]): Resizer {
  const [, , rows = 0, cols = 0] = shape;
  const [toRows = 0, toCols = 0] = size;
  return new Resizer(gpu, [rows, cols], [toRows, toCols], {
    filter: "bilinear",
    convention: "torch",
  });
}

/** Tables for the tokens of a latent `[channels, frames, rows, cols]`. */
function tablesOf(dit: Dit, { shape }: GoldenTensor): TokenTables {
  const [, frames = 0, height = 0, width = 0] = shape;
  const [, patchHeight, patchWidth] = dit.config.patchSize;
  return dit.tables({ frames, rows: height / patchHeight, cols: width / patchWidth });
}

function embedded(gpu: Gpu, dit: Dit, context: GoldenTensor | undefined): Tensor | undefined {
  return context && dit.embedText(gpu.tensor(context.shape, Float32Array.from(context.values)));
}
