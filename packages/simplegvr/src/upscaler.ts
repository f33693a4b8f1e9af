/** The library's way in: frames in, larger and sharper frames out. */
import type { Checkpoint, NetworkOptions, Source } from "@vicinity/checkpoint";
import { type Gpu, open, OutOfMemoryError, type Samples } from "@vicinity/tensor";
import type { FramesToEnlarge, RgbPicture } from "@vicinity/vision";
import type { Ablation } from "./chunk_plans.ts";
import { ClipStream, type Sampling } from "./clip_stream.ts";
import { type Frame, type Frames, type Segment, segmentsOf } from "./frame_clips.ts";
import { type Geometry, scaledSize, ScaleError } from "./geometry.ts";
import { SimpleGvr } from "./model.ts";
import { blankFrame, layTile } from "./post.ts";
import { cutFrame } from "./pre.ts";
import { schedule } from "./schedulers.ts";
import { TileStreams } from "./tile_streams.ts";
import { type TilePlan, WorkPlanner } from "./work_plan.ts";

/** Options of {@link Upscaler.load}. */
export interface UpscalerOptions extends NetworkOptions {
  /** The model: a single file of any form, or a checkpoint that is open already. */
  readonly weights: Source | Checkpoint;
}

/**
 * `fidelity` invents nothing: one step from no noise. `detail` samples, and is sharper; its frames get the
 * coarse structure of the bicubic enlargement, so that samples do not change colours.
 */
export type UpscaleMode = "fidelity" | "detail";

/** Options of {@link Upscaler.upscale}. */
export interface UpscaleOptions extends FramesToEnlarge {
  /** Target over source size: 2, 3, 4, or a fraction between 1 and 4 with a small denominator. */
  readonly scale?: number | undefined;
  /**
   * Side of the decoder's tiles in target pixels, which change no pixel; 0 to have the whole frame in one
   * pass, as large as it is; as memory allows when absent.
   */
  readonly tile?: number | undefined;
  /** Frames that are looked at together, as many as the network was trained on or fewer. */
  readonly window?: number | undefined;
  /** How the latent is sampled; `fidelity` when absent. */
  readonly mode?: UpscaleMode | undefined;
  /** Seed of the noise of `detail`; 0 when absent. */
  readonly seed?: number | undefined;
  /** Steps of the sampling of `detail`, at least 1; 4 when absent. */
  readonly steps?: number | undefined;
  /** Share of noise in the condition of `detail`, 0 to 1; 0.35 when absent. */
  readonly noise?: number | undefined;
  /** Told how much of the work on a picture is done, from 0 to 1. */
  readonly onShare?: ((share: number) => void) | undefined;
  /** Stops between frames. */
  readonly signal?: AbortSignal | undefined;
  /** Leave a path of the network out, to measure what it carries. */
  readonly ablation?: Ablation | undefined;
}

const LARGEST_SCALE = 4;
/** Frames of a scene that one tile gets in a turn: what it remembers passes to the host in between. */
const TURN_FRAMES = 20;
/** Usual steps and noise of `detail`: few steps keep close to the input, the noise frees texture. */
const DETAIL = { steps: 4, noise: 0.35 };

/**
 * Upscales videos and pictures.
 *
 * @example
 * ```ts
 * import { openCheckpoint } from "@vicinity/checkpoint/deno";
 * import { Upscaler } from "@vicinity/simplegvr";
 * import type { RgbPicture } from "@vicinity/vision";
 *
 * async function* twiceAsLarge(frames: AsyncIterable<RgbPicture>) {
 *   using weights = await openCheckpoint("model.safetensors");
 *   using upscaler = await Upscaler.load({ weights });
 *   yield* upscaler.upscale(frames, { width: 256, height: 144, scale: 2 }); // 512 × 288
 * }
 * ```
 */
export class Upscaler {
  readonly #gpu: Gpu;
  readonly #ownsGpu: boolean;
  readonly #model: SimpleGvr;
  readonly #planner: WorkPlanner;

  private constructor(gpu: Gpu, ownsGpu: boolean, model: SimpleGvr) {
    this.#gpu = gpu;
    this.#ownsGpu = ownsGpu;
    this.#model = model;
    this.#planner = new WorkPlanner(model.config, {
      budgetBytes: gpu.budgetBytes,
      bindingBytes: gpu.caps.limits.maxStorageBufferBindingSize,
    });
  }

  /** Factors that the shipped networks are trained for. */
  get scales(): readonly number[] {
    return [2, 3, 4];
  }

  /**
   * Loads a model.
   *
   * @param options The model, and where it runs.
   * @returns The upscaler; dispose it with `using` or {@link Upscaler.dispose}.
   * @throws {CheckpointError} If the file is damaged or no SimpleGVR model.
   * @throws {GpuUnavailableError} If there is no WebGPU adapter.
   */
  static async load(options: UpscalerOptions): Promise<Upscaler> {
    const { weights, gpu, budgetBytes, ...load } = options;
    const context = gpu ?? await open(budgetBytes === undefined ? {} : { budgetBytes });
    try {
      const model = await SimpleGvr.load(context, weights, load);
      return new Upscaler(context, gpu === undefined, model);
    } catch (error) {
      if (!gpu) context.dispose();
      throw error;
    }
  }

  /**
   * An upscaler over a model that is loaded already; the model passes to the upscaler.
   *
   * @param gpu The context of the model.
   * @param model The model.
   * @returns The upscaler.
   * @throws {ConfigError} If the model cannot be streamed.
   */
  static over(gpu: Gpu, model: SimpleGvr): Upscaler {
    return new Upscaler(gpu, false, model);
  }

  /**
   * Enlarges the frames of a video, or a single picture given as one frame.
   *
   * @param frames Frames of one size, all of 8 or all of 16 bits, in order; they are read as they are
   * needed.
   * @param options Size, scale, mode.
   * @returns As many frames of as many bits, in order, a few frames late; each is `round(scale · size)`
   * large.
   * @throws {OutOfMemoryError} If not even single frames in small tiles fit the budget.
   * @throws {ScaleError} If the network cannot enlarge by that factor.
   * @throws {ShapeError} If a frame has another size than announced, or other bits than the first.
   * @throws {WindowError} If the network cannot look at so many frames together.
   */
  upscale<S extends Samples>(
    frames: Iterable<RgbPicture<S>> | AsyncIterable<RgbPicture<S>>,
    options: UpscaleOptions,
  ): AsyncGenerator<RgbPicture<S>, void, void> {
    // Frames leave as they came, in 8 or 16 bits.
    return this.#upscale(frames, options) as AsyncGenerator<RgbPicture<S>, void, void>;
  }

  async *#upscale(frames: Frames, options: UpscaleOptions): AsyncGenerator<Frame, void, void> {
    const { scale = 2 } = options;
    if (!(scale <= LARGEST_SCALE)) {
      throw new ScaleError(
        `Cannot enlarge by ${scale}: the network knows factors up to ${LARGEST_SCALE}. ` +
          "Enlarge in several passes.",
      );
    }
    const plan = this.#planner.plan(options, this.#gpu.stats.liveBytes);
    yield* this.#segments(frames, plan, options);
  }

  /** The tiles of a segment one after the other, in the same memory. */
  async *#segments(
    frames: Frames,
    planned: TilePlan,
    options: UpscaleOptions,
  ): AsyncGenerator<Frame, void, void> {
    let plan = planned;
    let streams = this.#tileStreams(plan, options);
    /** Frames of a scene of which no result has left. */
    let unseen: Frame[] | undefined = [];
    const rules = { ...options, areClips: plan.window > 0, length: () => segmentLength(plan) };
    try {
      for await (const { frames: segment, ends } of segmentsOf(frames, rules)) {
        unseen?.push(...segment);
        let wanted = segment;
        let enlarged: Frame[] | undefined;
        while (enlarged === undefined) {
          try {
            enlarged = await enlargeTiles({ frames: wanted, ends }, plan, streams, options);
          } catch (error) {
            // The driver may have less memory than the budget says, and scenes need more than clips.
            const smaller = error instanceof OutOfMemoryError && unseen &&
              this.#planner.smaller(plan, options);
            if (!smaller) throw error;
            streams.dispose();
            plan = smaller;
            streams = this.#tileStreams(plan, options);
            wanted = unseen ?? wanted;
          }
        }
        if (ends) unseen = [];
        else if (enlarged.length > 0) unseen = undefined;
        yield* enlarged;
      }
    } finally {
      streams.dispose();
    }
  }

  #tileStreams(plan: TilePlan, options: UpscaleOptions): TileStreams {
    const most = this.#planner.streamsFor(plan);
    return new TileStreams((geometry) => this.#openStream(geometry, plan, options), most);
  }

  #openStream(geometry: Geometry, { chunk }: TilePlan, options: UpscaleOptions): ClipStream {
    const { stride } = this.#model;
    const { mode = "fidelity", seed = 0, ablation } = options;
    const { steps = DETAIL.steps, noise = DETAIL.noise } = options;
    const wanted = options.tile ? Math.ceil(options.tile / stride) : undefined;
    const sampling: Sampling = mode === "fidelity" ? { times: [1, 0], augmentation: 0 } : {
      times: schedule({ kind: "euler", steps, shift: 1 }).sigmas,
      augmentation: noise,
      seed,
    };
    return new ClipStream(this.#gpu, this.#model, geometry, {
      sampling,
      chunk,
      tile: wanted,
      matchColours: mode === "detail",
      ablation,
    });
  }

  /** Frees the weights, and the context if it is the upscaler's own. */
  dispose(): void {
    this.#model.dispose();
    if (this.#ownsGpu) this.#gpu.dispose();
  }

  /** Same as {@link Upscaler.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Frames that are worked on before the next tile gets its turn. */
function segmentLength({ window, tiles, chunk }: TilePlan): number {
  return window > 0 ? window : tiles.length === 1 ? chunk : TURN_FRAMES;
}

/** Frames of a segment that are ready, enlarged; each tile is laid into them as soon as it is there. */
async function enlargeTiles(
  { frames, ends }: Segment,
  { tiles }: TilePlan,
  streams: TileStreams,
  options: UpscaleOptions,
): Promise<Frame[]> {
  const size = scaledSize(options, options.scale ?? 2);
  let targets: Frame[] = [];
  const { onShare } = options;
  const picture = ends && frames.length === 1 ? frames[0] : undefined;
  for (const [index, tile] of tiles.entries()) {
    const stream = streams.of(tile.geometry, index);
    const parts: Frame[] = [];
    {
      using _following = picture && onShare &&
        stream.followPicture(
          cutFrame(picture, tile.read),
          (share) => onShare((index + share) / tiles.length),
        );
      for (const frame of frames) {
        options.signal?.throwIfAborted();
        parts.push(...await stream.push(cutFrame(frame, tile.read)));
      }
      if (ends) parts.push(...await stream.finish());
    }
    // The last part of the work may have been told by nobody.
    if (picture) onShare?.((index + 1) / tiles.length);
    if (tiles.length === 1) return parts;
    await streams.leave(stream, index, ends);
    if (index === 0) targets = parts.map((part) => blankFrame(part, size));
    for (const [place, target] of targets.entries()) {
      const part = parts[place];
      if (part) layTile(target, part, tile);
    }
  }
  return targets;
}
