/** SimpleGVR between the latents: upsampler, noise augmentation, transformer and Euler steps. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { concat, pointwise, type Resizer, type Tensor } from "@vicinity/tensor";
import type { NetConfig } from "./config.ts";
import { Dit, type TokenTables } from "./dit.ts";
import { LatentUpsampler } from "./upsampler.ts";

/** How a latent is sampled. */
export interface SampleOptions {
  /** Times from 1 down to 0; one more than there are steps. */
  readonly times: readonly number[];
  /** Start of the sampling, `[frames, h, w, z]`. */
  readonly noise: Tensor;
  /** Tables of the transformer for this grid. */
  readonly tables: TokenTables;
  /** Embedded text, for networks with cross-attention. */
  readonly text?: Tensor | undefined;
}

/** The network between low-resolution and high-resolution latents. */
export class LatentNetwork {
  /** Its configuration. */
  readonly config: NetConfig;
  /** Makes the condition. */
  readonly upsampler: LatentUpsampler;
  /** Gives the velocity. */
  readonly dit: Dit;

  /** Declares all weights: the upsampler's under `upsampler`, the transformer's without prefix. */
  constructor(parameters: Parameters, store: WeightStore, config: NetConfig) {
    this.config = config;
    this.upsampler = new LatentUpsampler(
      parameters,
      store.at("upsampler"),
      config.upsampler,
      config,
    );
    this.dit = new Dit(parameters, store, config.dit);
  }

  /**
   * The condition at the target's latent size.
   *
   * @param latent Low-resolution latent `[frames, h, w, z]`.
   * @param enlarge Bilinear resize to the target's latent size.
   * @returns `[frames, h', w', cond]`.
   */
  condition(latent: Tensor, enlarge: Resizer): Tensor {
    return this.upsampler.forward(latent, enlarge);
  }

  /**
   * Samples the high-resolution latent of a whole clip by Euler steps.
   *
   * @param condition `[frames, h, w, cond]`, augmented with noise where wanted.
   * @param options Times, start and tables.
   * @returns `[frames, h, w, z]`.
   */
  sample(condition: Tensor, { times, noise, tables, text }: SampleOptions): Tensor {
    let latent = noise;
    for (let step = 0; step + 1 < times.length; step++) {
      const [now = 1, next = 0] = [times[step], times[step + 1]];
      this.dit.setTime(now);
      const velocity = this.dit.forward(concat([latent, condition], 3), tables, text);
      latent = eulerStep(latent, velocity, next - now);
    }
    return latent;
  }
}

/**
 * One Euler step.
 *
 * @param latent Where the sample is.
 * @param velocity Velocity there.
 * @param step Difference of times, negative.
 * @returns `latent + step * velocity`.
 */
export function eulerStep(latent: Tensor, velocity: Tensor, step: number): Tensor {
  return pointwise("latent + step * velocity", { latent, velocity }, { scalars: { step } });
}

/**
 * Mixes a condition with noise, the same at all steps.
 *
 * @param condition The condition.
 * @param noise Noise of the same shape.
 * @param level Share of the noise, 0 to 1.
 * @returns The mixture.
 */
export function augment(condition: Tensor, noise: Tensor, level: number): Tensor {
  return pointwise("(1.0 - level) * condition + level * noise", { condition, noise }, {
    scalars: { level },
  });
}
