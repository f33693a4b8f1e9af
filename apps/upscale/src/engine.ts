import {
  type ChosenModel,
  deviceInfo,
  openGpu,
  openWeights,
  type RunContext,
  type RunInfo,
} from "@vicinity/cli";
import type { RgbFrame } from "@vicinity/media";
import { Upscaler } from "@vicinity/simplegvr";
import type { Gpu } from "@vicinity/tensor";
import type { UPSCALE_OPTIONS } from "./options.ts";
import { pillowResize } from "@vicinity/vision";
import type { TargetSize } from "./target_size.ts";

/** The run that an engine works for. */
export type UpscaleContext = RunContext<typeof UPSCALE_OPTIONS>;

/** The network, loaded when the first frame needs it. */
export class Engine implements Disposable {
  readonly #context: UpscaleContext;
  #loading: Promise<Upscaler> | undefined;
  #gpu: Gpu | undefined;
  #upscaler: Upscaler | undefined;
  #info: RunInfo = { model: null, device: null };

  /**
   * Prepares to load.
   *
   * @param context The run.
   */
  constructor(context: UpscaleContext) {
    this.#context = context;
  }

  /** Model and device, as far as they are known. */
  get info(): RunInfo {
    return this.#info;
  }

  /** Checks the model file without loading it. */
  async checkModel(): Promise<void> {
    const model = this.#context.chooseModel();
    using weights = await openWeights(model);
    this.#info = { ...this.#info, model: modelInfo(model, weights.sha256) };
  }

  /**
   * Enlarges frames to a target size: the network at its factor, then exact resampling where the target
   * is not that.
   *
   * @param frames Frames of one size.
   * @param input Their size, and their number where it is known.
   * @param target The size wanted.
   * @returns As many frames.
   */
  async *upscale(
    frames: Iterable<RgbFrame> | AsyncIterable<RgbFrame>,
    input: { readonly width: number; readonly height: number; readonly frames?: number },
    target: TargetSize,
  ): AsyncGenerator<RgbFrame, void, void> {
    const { values, signal } = this.#context;
    const upscaler = await (this.#loading ??= this.#load());
    const enlarged = upscaler.upscale(frames, {
      width: input.width,
      height: input.height,
      frames: input.frames,
      scale: target.factor,
      mode: values.mode,
      seed: values.seed,
      tile: values.tile,
      signal,
    });
    for await (const frame of enlarged) yield pillowResize(frame, target.width, target.height);
  }

  /** Frees the network and the GPU. */
  [Symbol.dispose](): void {
    this.#upscaler?.dispose();
    this.#gpu?.dispose();
  }

  async #load(): Promise<Upscaler> {
    const { values, progress, signal, warn, note } = this.#context;
    const start = performance.now();
    const model = this.#context.chooseModel();
    using weights = await openWeights(model);
    this.#info = { ...this.#info, model: modelInfo(model, weights.sha256) };
    const gpu = this.#gpu = await openGpu(values, warn);
    this.#info = { ...this.#info, device: deviceInfo(gpu) };
    this.#upscaler = await Upscaler.load({
      gpu,
      weights: weights.source,
      signal,
      onProgress: ({ done, total }) =>
        progress.report({ phase: "load", done, total, unit: "weight" }),
    });
    const ms = Math.round(performance.now() - start);
    note(`model ${model.id} on ${this.#info.device?.adapter}, loaded in ${ms} ms`);
    return this.#upscaler;
  }
}

function modelInfo(model: ChosenModel, sha256: string): NonNullable<RunInfo["model"]> {
  return { id: model.id, weights: String(model.address), sha256, dtype: "f32" };
}
