/** Autoencoders: Wan2.1's, and the MiniVAE that extends it. */
import {
  type LatentStatistics,
  MiniVae,
  parseVaeConfig,
  temporalStride,
  type VaeConfig,
} from "@vicinity/simplegvr";
import type { GoldenCase, GoldenTensor } from "../golden_case.ts";
import { joined } from "../layout.ts";
import type { Produced, Tools } from "../runner.ts";
import { clipsOf, download, loadNetwork, upload } from "../network.ts";

/** Statistics of the published autoencoder's latent, for files that name none. */
const PUBLISHED: LatentStatistics = {
  mean: Float32Array.of(
    ...[-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508],
    ...[0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921],
  ),
  std: Float32Array.of(
    ...[2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743],
    ...[3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160],
  ),
};

/** The reference encodes this many frames at once after the first, and drops an incomplete rest. */
const WAN_GROUP = 4;

/** Encodes a video, and decodes its latent or the one that the file holds. */
export async function* runWanVae(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const config = parseVaeConfig(golden.json("config"));
  yield* runVae(golden, tools, {
    config,
    group: WAN_GROUP,
    statistics: await statisticsOf(golden, config),
  });
}

/** Encodes a video and decodes its latent, beside the enlarged video where the decoder wants it. */
export async function* runMiniVae(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const config = parseVaeConfig(golden.json("config"));
  yield* runVae(golden, tools, { config, group: temporalStride(config) });
}

interface VaeRun {
  readonly config: VaeConfig;
  /** Frames that are encoded together after the first. */
  readonly group: number;
  /** Of the latent; those of the weights when absent. */
  readonly statistics?: LatentStatistics | undefined;
}

async function* runVae(
  golden: GoldenCase,
  tools: Tools,
  { config, group, statistics }: VaeRun,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new MiniVae(parameters, store, config, { statistics }),
  );
  const vae = loaded.network;
  const videos = await clipsOf(golden, "input.video");
  const bases = golden.has("input.cond_video") ? await clipsOf(golden, "input.cond_video") : [];
  const given = golden.has("input.latent") ? await clipsOf(golden, "input.latent") : [];
  const latents: Float64Array[] = [];
  const decoded: Float64Array[] = [];
  for (const [index, video] of videos.entries()) {
    using _scope = gpu.scope();
    const latent = vae.encode(upload(gpu, wholeGroups(video, group)));
    const base = bases[index] && upload(gpu, wholeGroups(bases[index], group));
    const source = given[index] ? upload(gpu, given[index]) : latent;
    const output = vae.decode(source, base ? { base } : {});
    const [latentValues = none, outputValues = none] = await download(gpu, [latent, output]);
    latents.push(latentValues);
    decoded.push(outputValues);
  }
  yield { name: "output.latent", values: joined(latents) };
  yield { name: "output.decoded", values: joined(decoded) };
}

const none = new Float64Array();

/** The first frame and as many whole groups as follow it, of `[channels, frames, rows, cols]`. */
function wholeGroups({ shape, values }: GoldenTensor, group: number): GoldenTensor {
  const [channels = 0, frames = 0, rows = 0, cols = 0] = shape;
  const kept = 1 + Math.floor((frames - 1) / group) * group;
  const area = rows * cols;
  const planes = Array.from(
    { length: channels },
    (_, channel) => values.subarray(channel * frames * area, (channel * frames + kept) * area),
  );
  return { shape: [channels, kept, rows, cols], values: Float64Array.from(joined(planes)) };
}

async function statisticsOf(
  golden: GoldenCase,
  { zDim }: VaeConfig,
): Promise<LatentStatistics | undefined> {
  if (!golden.has("input.latent_mean")) {
    return zDim === PUBLISHED.mean.length ? PUBLISHED : undefined;
  }
  const { values: mean } = await golden.tensor("input.latent_mean");
  const { values: std } = await golden.tensor("input.latent_std");
  return { mean: Float32Array.from(mean), std: Float32Array.from(std) };
}
