import { ModelSession, type RunContext, type RunInfo } from "@vicinity/cli";
import type { RgbFrame, Samples } from "@vicinity/media";
import { type FramesToEnlarge, pillowResize, type Room, type WorkPlan } from "@vicinity/vision";
import type { UPSCALE_OPTIONS } from "./options.ts";
import type { TargetSize } from "./target_size.ts";

/** The run that an engine works for. */
export type UpscaleContext = RunContext<typeof UPSCALE_OPTIONS>;

/** What the work on a video needs of an engine. */
export type Enlarger = Pick<Engine, "upscale" | "identify">;

/** The network, loaded when the first frame needs it. */
export class Engine implements Disposable {
  readonly #context: UpscaleContext;
  readonly #session: ModelSession<"upscale">;

  /**
   * Prepares to load.
   *
   * @param context The run.
   */
  constructor(context: UpscaleContext) {
    this.#context = context;
    this.#session = new ModelSession(context, "upscale");
  }

  /** Model and device, as far as they are known. */
  get info(): RunInfo {
    return this.#session.info;
  }

  /** Checks the model file without loading it. */
  async checkModel(): Promise<void> {
    await this.#session.check();
  }

  /**
   * Tells which model is used, without loading it.
   *
   * @returns Its id, the checksum of its weights, and what else is known of it.
   */
  async identify(): Promise<NonNullable<RunInfo["model"]>> {
    if (this.info.model === null) await this.checkModel();
    return this.info.model ?? {};
  }

  /**
   * Plans the work on frames, once the model was checked.
   *
   * @param room GPU memory that it may use.
   * @param input Size and number of the frames.
   * @param target The size wanted.
   * @returns How they are cut, and what that takes.
   */
  plan(room: Room, input: FramesToEnlarge, target: TargetSize): WorkPlan | undefined {
    return this.#session.plan(room, this.#request(input, target));
  }

  #request({ width, height, frames }: FramesToEnlarge, { factor: scale }: TargetSize) {
    const { tile, window } = this.#context.values;
    return { width, height, frames, scale, tile, window };
  }

  /**
   * Enlarges frames to a target size: the network at its factor, then exact resampling where the target
   * is not that.
   *
   * @param frames Frames of one size and of as many bits.
   * @param input Their size, and their number where it is known.
   * @param target The size wanted.
   * @param options What stops the work, and who is told how much of a picture is done, from 0 to 1.
   * @returns As many frames of as many bits.
   */
  async *upscale(
    frames: Iterable<RgbFrame<Samples>> | AsyncIterable<RgbFrame<Samples>>,
    input: FramesToEnlarge,
    target: TargetSize,
    { signal, onShare }: {
      readonly signal: AbortSignal;
      readonly onShare?: (share: number) => void;
    },
  ): AsyncGenerator<RgbFrame<Samples>, void, void> {
    const { values, meter } = this.#context;
    const upscaler = await this.#session.get();
    const enlarged = upscaler.upscale(meter.decoded(frames), {
      ...this.#request(input, target),
      mode: values.mode,
      seed: values.seed,
      steps: values.steps,
      noise: values.noise,
      onShare,
      signal,
    });
    for await (const frame of enlarged) yield pillowResize(frame, target.width, target.height);
  }

  /**
   * Lets the next frames be enlarged with weights of 32 bits.
   *
   * @returns Whether that changes anything.
   */
  widen(): boolean {
    return this.#session.widen();
  }

  /** Frees the network and the GPU. */
  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
}
