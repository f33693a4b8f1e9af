/** A whole model: autoencoder under `vae`, the network between the latents without prefix. */
import {
  type Checkpoint,
  type NetworkOptions,
  Parameters,
  type Precision,
  readCheckpoint,
  type Source,
  type WeightSource,
  WeightStore,
} from "@vicinity/checkpoint";
import type { Gpu } from "@vicinity/tensor";
import { type SimpleGvrConfig, spatialStride } from "./config.ts";
import { describeSimpleGvr } from "./describe.ts";
import { LatentNetwork } from "./latent_network.ts";
import { decoderHalo } from "./tiles.ts";
import { MiniVae } from "./vae.ts";

/**
 * Options of {@link SimpleGvr.load}. With the dtype `f16` the decoder's activations are kept in 16 bits
 * too, on adapters that have them.
 */
export type LoadOptions = Pick<NetworkOptions, "dtype" | "onProgress" | "signal">;

/** Weights on the GPU and the networks that use them. */
export class SimpleGvr {
  /** Configuration of all parts. */
  readonly config: SimpleGvrConfig;
  /** Between pixels and latents. */
  readonly vae: MiniVae;
  /** Between low-resolution and high-resolution latents. */
  readonly net: LatentNetwork;
  readonly #parameters: Parameters;
  readonly #store: WeightStore;

  private constructor(
    gpu: Gpu | undefined,
    source: WeightSource,
    config: SimpleGvrConfig,
    dtype?: Precision,
  ) {
    const store = WeightStore.over(source);
    this.config = config;
    this.#store = store;
    this.#parameters = new Parameters(gpu, dtype);
    const half = dtype === "f16" && gpu?.caps.f16;
    this.vae = new MiniVae(this.#parameters, store.at("vae"), config.vae, {
      decoderDtype: half ? "f16" : "f32",
    });
    this.net = new LatentNetwork(this.#parameters, store, config.net);
    store.finish();
  }

  /**
   * Compares the networks of a configuration with weights, without a GPU.
   *
   * @param source The weights, by their official names.
   * @param config Configuration of all parts.
   * @throws {CheckpointError} If keys are missing, unexpected or of another shape.
   */
  static check(source: WeightSource, config: SimpleGvrConfig): void {
    new SimpleGvr(undefined, source, config);
  }

  /**
   * Builds the networks of a configuration over any source of weights.
   *
   * @param gpu Where the weights go.
   * @param source The weights, by their official names.
   * @param config Configuration of all parts.
   * @param options Progress and cancellation.
   * @returns The model; dispose it.
   * @throws {CheckpointError} If keys are missing, unexpected or of another shape.
   */
  static async build(
    gpu: Gpu,
    source: WeightSource,
    config: SimpleGvrConfig,
    { dtype, signal, onProgress }: LoadOptions = {},
  ): Promise<SimpleGvr> {
    const model = new SimpleGvr(gpu, source, config, dtype);
    const onWeight = (key: string) => onProgress?.(model.#store.progress(key));
    try {
      await model.#parameters.load({ signal, onWeight });
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }

  /**
   * Loads a checkpoint of any form with a `config` in its metadata or a `config.json` beside it.
   *
   * @param gpu Where the weights go.
   * @param weights A single file, or a checkpoint that is open already.
   * @param options Progress and cancellation.
   * @returns The model; dispose it.
   * @throws {CheckpointError} If the file is damaged, has no configuration, or does not fit it.
   */
  static async load(
    gpu: Gpu,
    weights: Source | Checkpoint,
    options: LoadOptions = {},
  ): Promise<SimpleGvr> {
    const checkpoint = await readCheckpoint(weights);
    return await SimpleGvr.build(gpu, checkpoint, describeSimpleGvr(checkpoint), options);
  }

  /** Pixels that a latent position spans. */
  get stride(): number {
    return spatialStride(this.config.vae);
  }

  /** Latent positions that the decoder looks to each side. */
  get decoderHalo(): number {
    return decoderHalo(this.config.vae);
  }

  /** Frees the weights. */
  dispose(): void {
    this.#parameters.dispose();
  }
}
