/** A whole model: autoencoder under `vae`, the network between the latents without prefix. */
import {
  type Checkpoint,
  CheckpointError,
  type LoadProgress,
  Parameters,
  readCheckpoint,
  type Source,
  type WeightSource,
  WeightStore,
} from "@vicinity/checkpoint";
import type { Gpu } from "@vicinity/tensor";
import { ConfigError, parseConfig, type SimpleGvrConfig, spatialStride } from "./config.ts";
import { LatentNetwork } from "./latent_network.ts";
import { decoderHalo } from "./tiles.ts";
import { MiniVae } from "./vae.ts";

/** Options of {@link SimpleGvr.load}. */
export interface LoadOptions {
  /** Called after each weight. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Stops loading. */
  readonly signal?: AbortSignal;
}

/** Weights on the GPU and the networks that use them. */
export class SimpleGvr {
  /** Configuration of all parts. */
  readonly config: SimpleGvrConfig;
  /** Between pixels and latents. */
  readonly vae: MiniVae;
  /** Between low-resolution and high-resolution latents. */
  readonly net: LatentNetwork;
  readonly #parameters: Parameters;

  private constructor(gpu: Gpu, source: WeightSource, config: SimpleGvrConfig) {
    const store = WeightStore.over(source);
    this.config = config;
    this.#parameters = new Parameters(gpu);
    this.vae = new MiniVae(this.#parameters, store.at("vae"), config.vae);
    this.net = new LatentNetwork(this.#parameters, store, config.net);
    store.finish();
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
    options: LoadOptions = {},
  ): Promise<SimpleGvr> {
    const model = new SimpleGvr(gpu, source, config);
    try {
      await model.#parameters.load(options);
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
    const config = checkpoint.metadata["config"] ?? checkpoint.metadata["config.json"];
    if (config === undefined) {
      throw new CheckpointError(
        "WEIGHTS_MISMATCH",
        `Cannot load ${checkpoint.name}: it has no configuration in its metadata. ` +
          "Use a SimpleGVR file of this project.",
      );
    }
    return await SimpleGvr.build(gpu, checkpoint, configOf(checkpoint, config), options);
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

/** The configuration of a file; one of another network is no fault of the file. */
function configOf({ name }: Checkpoint, text: string): SimpleGvrConfig {
  try {
    return parseConfig(text);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new CheckpointError(
      "WEIGHTS_MISMATCH",
      `Cannot load ${name} as a SimpleGVR model. ${cause.message} Use a file of this network.`,
      [],
      { cause },
    );
  }
}
