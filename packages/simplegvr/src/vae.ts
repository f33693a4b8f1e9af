/**
 * MiniVAE: Wan2.1's causal video autoencoder with patches, mean-free inputs and a conditional
 * residual decoder. With patch 1, no condition and middle attention it is Wan2.1's itself.
 */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  cast,
  channelNorm,
  concat,
  conv2d,
  conv3d,
  joinFrames,
  type PackedWeight,
  permute,
  pixelShuffle,
  pointwise,
  reshape,
  slice,
  type Tensor,
} from "@vicinity/tensor";
import { spatialStride, temporalStride, type VaeConfig } from "./config.ts";
import {
  AttentionBlock,
  CausalConv3d,
  Downsample,
  type Memory,
  ResidualBlock,
  Upsample,
} from "./vae_blocks.ts";

/** Without it the norms see the mean of a patch only and the network does not learn. */
const DETAIL_GAIN = 8;

/** Anything with a forward step over frames. */
interface Layer {
  forward(x: Tensor, memory?: Memory): Tensor;
}

/** Mean and standard deviation of each latent channel. */
export interface LatentStatistics {
  /** Means, one a channel. */
  readonly mean: Float32Array;
  /** Standard deviations, one a channel. */
  readonly std: Float32Array;
}

/** Options of {@link MiniVae}. */
export interface MiniVaeOptions {
  /** Latent statistics; the file's `latents_mean` and `latents_std` when absent. */
  readonly statistics?: LatentStatistics | undefined;
  /** How the decoder, which takes most of the memory, keeps its activations; f32 when absent. */
  readonly decoderDtype?: "f32" | "f16";
}

function middle(
  parameters: Parameters,
  store: WeightStore,
  channels: number,
  attention: boolean,
): Layer[] {
  return [
    new ResidualBlock(parameters, store.at(0), channels, channels),
    ...(attention ? [new AttentionBlock(parameters, store.at(1), channels)] : []),
    new ResidualBlock(parameters, store.at(2), channels, channels),
  ];
}

/** Norm, SiLU and the last convolution. */
class Head implements Layer {
  readonly #norm: Parameter<Tensor>;
  readonly #conv: CausalConv3d;

  constructor(parameters: Parameters, store: WeightStore, input: number, output: number) {
    this.#norm = parameters.vector(store.at(0), "gamma", [input, 1, 1, 1]);
    this.#conv = new CausalConv3d(parameters, store.at(2), [input, output], [3, 3, 3]);
  }

  forward(x: Tensor, memory?: Memory): Tensor {
    return this.#conv.forward(
      channelNorm(x, this.#norm.value, { activation: "silu" }),
      memory,
    );
  }
}

function encoderLayers(
  parameters: Parameters,
  store: WeightStore,
  config: VaeConfig,
  input: number,
): Layer[] {
  const downsamples = store.at("downsamples");
  const layers: Layer[] = [];
  let width = config.dim;
  let index = 0;
  config.dimMult.forEach((factor, level) => {
    for (let block = 0; block < config.numResBlocks; block++) {
      const output = config.dim * factor;
      layers.push(new ResidualBlock(parameters, downsamples.at(index++), width, output));
      width = output;
    }
    if (level < config.dimMult.length - 1) {
      const temporal = config.temporal[level] ?? false;
      layers.push(new Downsample(parameters, downsamples.at(index++), width, temporal));
    }
  });
  return [
    new CausalConv3d(parameters, store.at("conv1"), [input, config.dim], [3, 3, 3]),
    ...layers,
    ...middle(parameters, store.at("middle"), width, config.midAttn),
    new Head(parameters, store.at("head"), width, 2 * config.zDim),
  ];
}

function decoderLayers(
  parameters: Parameters,
  store: WeightStore,
  config: VaeConfig,
  input: number,
): Layer[] {
  const upsamples = store.at("upsamples");
  const factors = [...config.dimMult].reverse();
  const temporal = [...config.temporal].reverse();
  const layers: Layer[] = [];
  let width = config.dim * (factors[0] ?? 1);
  const first = width;
  let index = 0;
  factors.forEach((factor, level) => {
    for (let block = 0; block <= config.numResBlocks; block++) {
      const output = config.dim * factor;
      layers.push(new ResidualBlock(parameters, upsamples.at(index++), width, output));
      width = output;
    }
    if (level < factors.length - 1) {
      layers.push(
        new Upsample(parameters, upsamples.at(index++), width, temporal[level] ?? false),
      );
      width /= 2;
    }
  });
  return [
    new CausalConv3d(parameters, store.at("conv1"), [input, first], [3, 3, 3]),
    ...middle(parameters, store.at("middle"), first, config.midAttn),
    ...layers,
    new Head(parameters, store.at("head"), width, 3 * config.patch ** 2),
  ];
}

/**
 * The fixed weight that turns pixels into detail planes: for each colour the patch minus its mean,
 * times 8, then the means. Channel order: colour · size² + row · size + column.
 */
function detailWeight(size: number): { values: Float32Array; shape: readonly number[] } {
  const area = size * size;
  const planes = 3 * area + 3;
  const values = new Float32Array(planes * 3 * area);
  for (let colour = 0; colour < 3; colour++) {
    for (let pixel = 0; pixel < area; pixel++) {
      for (let place = 0; place < area; place++) {
        const plane = colour * area + place;
        values[(plane * 3 + colour) * area + pixel] = DETAIL_GAIN *
          ((place === pixel ? 1 : 0) - 1 / area);
      }
      values[((3 * area + colour) * 3 + colour) * area + pixel] = 1 / area;
    }
  }
  return { values, shape: [planes, 3, size, size] };
}

/** Autoencoder between pixels in [−1, 1] and normalised latents. */
export class MiniVae {
  /** Its configuration. */
  readonly config: VaeConfig;
  readonly #encoder: Layer[];
  readonly #decoder: Layer[];
  readonly #decoderDtype: "f32" | "f16";
  readonly #toLatent: FoldedConv;
  readonly #fromLatent: FoldedConv;
  readonly #patchPlanes: Parameter<PackedWeight> | undefined;
  readonly #conditionPlanes: Parameter<PackedWeight> | undefined;

  /**
   * Declares all weights under the official names.
   *
   * @param parameters Collects the weights.
   * @param store The module.
   * @param config Its configuration.
   * @param options Latent statistics, and how activations are kept.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    config: VaeConfig,
    { statistics, decoderDtype = "f32" }: MiniVaeOptions = {},
  ) {
    this.config = config;
    this.#decoderDtype = decoderDtype;
    const stride = spatialStride(config);
    const input = config.patch === 1 ? 3 : 3 * config.patch ** 2 + 3;
    const condition = config.cond ? temporalStride(config) * (3 * stride ** 2 + 3) : 0;
    this.#encoder = encoderLayers(parameters, store.at("encoder"), config, input);
    this.#decoder = decoderLayers(
      parameters,
      store.at("decoder"),
      config,
      config.zDim + condition,
    );
    const known = readStatistics(store, config.zDim, statistics);
    this.#toLatent = normalisingConv(parameters, store.at("conv1"), config.zDim, known);
    this.#fromLatent = denormalisingConv(parameters, store.at("conv2"), config.zDim, known);
    this.#patchPlanes = config.patch === 1 ? undefined : detailPlanes(parameters, config.patch);
    this.#conditionPlanes = config.cond ? detailPlanes(parameters, stride) : undefined;
  }

  /**
   * Encodes frames; the deterministic half of the posterior is used.
   *
   * @param video `[frames, height, width, 3]` in [−1, 1]; height and width multiples of the stride.
   * @param memory The stream that the frames belong to; a whole clip when absent.
   * @returns Normalised latent `[latent frames, h, w, z]`.
   */
  encode(video: Tensor, memory?: Memory): Tensor {
    const { patch } = this.config;
    let x = this.#patchPlanes ? conv2d(video, this.#patchPlanes.value, { stride: patch }) : video;
    for (const layer of this.#encoder) x = layer.forward(x, memory);
    return this.#toLatent.forward(x);
  }

  /**
   * Decodes a latent.
   *
   * @param latent Normalised latent `[latent frames, h, w, z]`.
   * @param options The enlarged low-resolution video `[frames, height, width, 3]` in [−1, 1] for a
   *   conditional or residual decoder, and the stream.
   * @returns `[frames, height, width, 3]`, not clamped.
   */
  decode(latent: Tensor, options: DecodeOptions = {}): Tensor {
    const { base, memory, zeroCondition = false } = options;
    const { patch, residual, resScale } = this.config;
    let x = this.#fromLatent.forward(latent);
    if (base && this.#conditionPlanes) {
      const condition = this.#conditionMap(base, memory);
      x = concat([x, zeroCondition ? pointwise("a * 0.0", { a: condition }) : condition], 3);
    }
    x = cast(x, this.#decoderDtype);
    for (const layer of this.#decoder) x = layer.forward(x, memory);
    if (!residual || !base) return patch === 1 ? cast(x, "f32") : pixelShuffle(x, patch);
    return pixelShuffle(x, patch, { residual: base, scale: resScale });
  }

  /** Detail planes of the enlarged video at latent resolution, several frames a latent frame. */
  #conditionMap(base: Tensor, memory: Memory): Tensor {
    const stride = spatialStride(this.config);
    const perLatent = temporalStride(this.config);
    const weight = this.#conditionPlanes;
    if (!weight) return base;
    let planes = conv2d(base, weight.value, { stride });
    if (perLatent === 1) return planes;
    if (memory?.first ?? true) {
      const first = slice(planes, 0, 0, 1);
      for (let copy = 1; copy < perLatent; copy++) planes = joinFrames(first, planes);
    }
    const [frames = 0, height = 0, width = 0, channels = 0] = planes.shape;
    const grouped = reshape(planes, [frames / perLatent, perLatent, height * width, channels]);
    return reshape(permute(grouped, [0, 2, 1, 3]), [
      frames / perLatent,
      height,
      width,
      perLatent * channels,
    ]);
  }
}

/** Options of {@link MiniVae.decode}. */
export interface DecodeOptions {
  /** The enlarged low-resolution video. */
  readonly base?: Tensor;
  /** The stream that the latent belongs to. */
  readonly memory?: Memory;
  /** Hide the condition map from the decoder: measures what the latent carries alone. */
  readonly zeroCondition?: boolean;
}

function detailPlanes(parameters: Parameters, size: number): Parameter<PackedWeight> {
  return parameters.packedFrom(`detail planes ${size}`, () => Promise.resolve(detailWeight(size)));
}

/** Gives the statistics once the file is known to be complete. */
type ReadStatistics = () => Promise<LatentStatistics>;

function readStatistics(
  store: WeightStore,
  channels: number,
  given: LatentStatistics | undefined,
): ReadStatistics {
  if (given) return () => Promise.resolve(given);
  if (!store.has("latents_mean")) {
    const identity = {
      mean: new Float32Array(channels),
      std: new Float32Array(channels).fill(1),
    };
    return () => Promise.resolve(identity);
  }
  const mean = store.get("latents_mean", [channels]);
  const std = store.get("latents_std", [channels]);
  return async () => ({ mean: await mean.float32(), std: await std.float32() });
}

/** A 1×1×1 convolution with the latent statistics folded in. */
class FoldedConv implements Layer {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;

  constructor(weight: Parameter<PackedWeight>, bias: Parameter<Tensor>) {
    this.#weight = weight;
    this.#bias = bias;
  }

  forward(x: Tensor): Tensor {
    return conv3d(x, this.#weight.value, { bias: this.#bias.value });
  }
}

/** `(mean half of conv1(x) − mean) / std`; the log-variance half is unused at inference. */
function normalisingConv(
  parameters: Parameters,
  store: WeightStore,
  channels: number,
  statistics: ReadStatistics,
): FoldedConv {
  const weight = store.get("weight", [2 * channels, 2 * channels, 1, 1, 1]);
  const bias = store.get("bias", [2 * channels]);
  const packed = parameters.packedFrom(weight.key, async () => {
    const [stored, { std }] = [await weight.float32(), await statistics()];
    const values = stored.slice(0, 2 * channels * channels)
      .map((value, index) => value / (std[Math.floor(index / (2 * channels))] ?? 1));
    return { values, shape: [channels, 2 * channels, 1, 1, 1] };
  });
  const folded = parameters.derived(bias.key, async () => {
    const [stored, { mean, std }] = [await bias.float32(), await statistics()];
    const values = stored.slice(0, channels)
      .map((value, index) => (value - (mean[index] ?? 0)) / (std[index] ?? 1));
    return parameters.gpu.tensor([channels], values);
  });
  return new FoldedConv(packed, folded);
}

/** `conv2(x · std + mean)`. */
function denormalisingConv(
  parameters: Parameters,
  store: WeightStore,
  channels: number,
  statistics: ReadStatistics,
): FoldedConv {
  const weight = store.get("weight", [channels, channels, 1, 1, 1]);
  const bias = store.get("bias", [channels]);
  const packed = parameters.packedFrom(weight.key, async () => {
    const [stored, { std }] = [await weight.float32(), await statistics()];
    const values = stored.map((value, index) => value * (std[index % channels] ?? 1));
    return { values, shape: [channels, channels, 1, 1, 1] };
  });
  const folded = parameters.derived(bias.key, async () => {
    const [stored, offset, { mean }] = [
      await weight.float32(),
      await bias.float32(),
      await statistics(),
    ];
    const values = offset.map((value, row) => {
      let sum = value;
      for (let col = 0; col < channels; col++) {
        sum += (stored[row * channels + col] ?? 0) * (mean[col] ?? 0);
      }
      return sum;
    });
    return parameters.gpu.tensor([channels], values);
  });
  return new FoldedConv(packed, folded);
}
