/** The library's way in: frames in, larger and sharper frames out. */
import type { Checkpoint, NetworkOptions, Source } from "@vicinity/checkpoint";
import { type Gpu, open, OutOfMemoryError, type Samples, samplesLike } from "@vicinity/tensor";
import { ConfigError, type RgbPicture } from "@vicinity/vision";
import type { Ablation } from "./chunk_plans.ts";
import { ClipStream, type Sampling } from "./clip_stream.ts";
import { temporalStride } from "./config.ts";
import { checkedFrames, clipsOf, type Frame, type Frames } from "./frame_clips.ts";
import { type Geometry, planGeometry, ScaleError } from "./geometry.ts";
import { SimpleGvr } from "./model.ts";
import { cutFrame, layTile, type MosaicTile, planMosaic } from "./mosaic.ts";
import { SceneCuts } from "./scene_cuts.ts";
import { schedule } from "./schedulers.ts";
import { TileStreams } from "./tile_streams.ts";

/** Options of {@link Upscaler.load}. */
export interface UpscalerOptions extends NetworkOptions {
  /** The model: a single file of any form, or a checkpoint that is open already. */
  readonly weights: Source | Checkpoint;
}

/** `fidelity` invents nothing: one step from no noise. `detail` samples, and is sharper. */
export type UpscaleMode = "fidelity" | "detail";

/** Options of {@link Upscaler.upscale}. */
export interface UpscaleOptions {
  /** Columns of the frames. */
  readonly width: number;
  /** Rows of the frames. */
  readonly height: number;
  /** Number of frames if it is known; 1 for a picture, which is worked on tile by tile if large. */
  readonly frames?: number | undefined;
  /** Target over source size: 2, 3, 4, or a fraction between 1 and 4 with a small denominator. */
  readonly scale?: number | undefined;
  /** How the latent is sampled; `fidelity` when absent. */
  readonly mode?: UpscaleMode | undefined;
  /** Seed of the noise of `detail`; 0 when absent. */
  readonly seed?: number | undefined;
  /** Steps of the sampling of `detail`, at least 1; 4 when absent. */
  readonly steps?: number | undefined;
  /** Share of noise in the condition of `detail`, 0 to 1; 0.35 when absent. */
  readonly noise?: number | undefined;
  /** Side of the decoder's tiles in target pixels; as large as memory allows when absent. */
  readonly tile?: number | undefined;
  /** Stops between frames. */
  readonly signal?: AbortSignal | undefined;
  /** Leave a path of the network out, to measure what it carries. */
  readonly ablation?: Ablation | undefined;
}

/** Frames that are encoded and decoded together, where memory allows. */
const LARGEST_CHUNK = 5;
const LARGEST_SCALE = 4;
/** Tensors of the widest size that a budget must hold at once, measured on the mini networks. */
const WIDEST_TENSORS = 14;
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

  private constructor(gpu: Gpu, ownsGpu: boolean, model: SimpleGvr) {
    this.#gpu = gpu;
    this.#ownsGpu = ownsGpu;
    this.#model = model;
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
      checkStreams(model);
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
    checkStreams(model);
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
    const tiles = this.#tiles(options);
    const { clip } = this.#model.config;
    if (options.frames === 1) yield* this.#clips(frames, 1, tiles, options);
    else if (clip > 0) yield* this.#clips(frames, clip, tiles, options);
    else yield* this.#stream(frames, tiles, options);
  }

  /** Clips that know nothing of each other: the tiles of one after the other, in the same memory. */
  async *#clips(
    frames: Frames,
    length: number,
    planned: readonly MosaicTile[],
    options: UpscaleOptions,
  ): AsyncGenerator<Frame, void, void> {
    let tiles = planned;
    let streams = this.#tileStreams(tiles, length, options);
    try {
      for await (const clip of clipsOf(frames, length, options)) {
        let parts: Frame[][] | undefined;
        while (parts === undefined) {
          try {
            parts = await enlargeTiles(clip, tiles, streams, options.signal);
          } catch (error) {
            // The driver may have less memory than the budget says.
            const smaller = error instanceof OutOfMemoryError && this.#smaller(tiles, options);
            if (!smaller) throw error;
            streams.dispose();
            tiles = smaller;
            streams = this.#tileStreams(tiles, length, options);
          }
        }
        for (const index of clip.keys()) {
          yield assemble(parts.flatMap((list) => list[index] ?? []), tiles, options);
        }
      }
    } finally {
      streams.dispose();
    }
  }

  #tileStreams(
    tiles: readonly MosaicTile[],
    length: number,
    options: UpscaleOptions,
  ): TileStreams {
    const largest = Math.max(...tiles.map(({ geometry }) => this.#widest(geometry, length)));
    const most = Math.floor(this.#gpu.budgetBytes / (WIDEST_TENSORS * largest));
    return new TileStreams((geometry) => this.#openStream(geometry, options), most);
  }

  /** One clip without end: all tiles at once, since each remembers its last frames. */
  async *#stream(
    frames: Frames,
    tiles: readonly MosaicTile[],
    options: UpscaleOptions,
  ): AsyncGenerator<Frame, void, void> {
    const { signal } = options;
    const streams: ClipStream[] = [];
    const cuts = new SceneCuts();
    const each = async (step: (stream: ClipStream, tile: MosaicTile) => Promise<Frame[]>) => {
      const parts: Frame[][] = [];
      for (const [index, tile] of tiles.entries()) {
        const stream = streams[index];
        if (stream) parts.push(await step(stream, tile));
      }
      // All streams hold the same number of frames back.
      return Array.from(
        { length: parts[0]?.length ?? 0 },
        (_, index) => assemble(parts.flatMap((list) => list[index] ?? []), tiles, options),
      );
    };
    const finish = () => each((stream) => stream.finish());
    try {
      for (const { geometry } of tiles) streams.push(this.#openStream(geometry, options));
      for await (const frame of checkedFrames(frames, options)) {
        if (cuts.startsScene(frame)) yield* await finish();
        yield* await each((stream, tile) => stream.push(cutFrame(frame, tile.read)));
      }
      signal?.throwIfAborted();
      yield* await finish();
    } finally {
      for (const stream of streams) stream.dispose();
    }
  }

  /** The source in one piece if that fits, else in tiles. */
  #tiles(options: UpscaleOptions): MosaicTile[] {
    const { scale = 2, frames } = options;
    const { config } = this.#model;
    const limit = this.#gpu.caps.limits.maxStorageBufferBindingSize;
    const most = Math.min(limit, this.#gpu.budgetBytes / WIDEST_TENSORS);
    const tiles = this.#tilesWithin(most, options);
    if (tiles) return tiles;
    const smallest = planGeometry(config, { width: 64, height: 64 }, scale);
    throw new OutOfMemoryError(
      this.#widest(smallest, frames) * WIDEST_TENSORS,
      this.#gpu.stats.liveBytes,
      this.#gpu.budgetBytes,
    );
  }

  /** Tiles of about half the memory of others; undefined where there are none. */
  #smaller(tiles: readonly MosaicTile[], options: UpscaleOptions): MosaicTile[] | undefined {
    const largest = tiles.map(({ geometry }) => this.#widest(geometry, options.frames));
    return this.#tilesWithin(Math.max(...largest) / 2, options);
  }

  /** Tiles whose widest tensors have at most so many bytes. */
  #tilesWithin(most: number, options: UpscaleOptions): MosaicTile[] | undefined {
    const { width, height, scale = 2, frames } = options;
    const fits = (sizes: Geometry) => this.#widest(sizes, frames) <= most;
    return planMosaic(this.#model.config, { width, height }, scale, fits);
  }

  /** Bytes of the widest tensor in the upscaling of a picture, or of a video. */
  #widest({ targetGrid }: Geometry, frames: number | undefined): number {
    const { vae, net: { dit } } = this.#model.config;
    const [, patchHeight, patchWidth] = dit.patchSize;
    const together = frames === 1 ? 1 : dit.attention.unit;
    const area = targetGrid.height * targetGrid.width;
    const tokens = together * area / (patchHeight * patchWidth);
    return 4 * Math.max(
      tokens * Math.max(dit.ffnDim, dit.dim),
      3 * area * Math.max(2 * vae.dim, 3 * this.#model.stride ** 2),
    );
  }

  /** The stream with the largest chunks and tiles that fit. */
  #openStream(geometry: Geometry, options: UpscaleOptions): ClipStream {
    const { stride } = this.#model;
    const { mode = "fidelity", seed = 0, ablation } = options;
    const { steps = DETAIL.steps, noise = DETAIL.noise } = options;
    const wanted = options.tile === undefined ? undefined : Math.ceil(options.tile / stride);
    const sampling: Sampling = mode === "fidelity" ? { times: [1, 0], augmentation: 0 } : {
      times: schedule({ kind: "euler", steps, shift: 1 }).sigmas,
      augmentation: noise,
      seed,
    };
    const chunk = this.#chunkFor(geometry);
    return new ClipStream(this.#gpu, this.#model, geometry, {
      sampling,
      chunk,
      tile: wanted,
      ablation,
    });
  }

  /** Frames at once so that the widest tensors stay inside a binding and the budget. */
  #chunkFor({ targetGrid }: Geometry): number {
    const { vae } = this.#model.config;
    const area = targetGrid.height * targetGrid.width;
    const frameBytes = 4 * area * Math.max(2 * vae.dim, 3 * this.#model.stride ** 2);
    const { maxStorageBufferBindingSize } = this.#gpu.caps.limits;
    const limit = Math.min(maxStorageBufferBindingSize, this.#gpu.budgetBytes / WIDEST_TENSORS);
    // Causal layers put two remembered frames before the new ones.
    const fitting = Math.floor(limit / frameBytes) - 2;
    return Math.max(1, Math.min(LARGEST_CHUNK, fitting));
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

function checkStreams({ config }: SimpleGvr): void {
  if (temporalStride(config.vae) === 1 && config.net.dit.attention.unit > 0) return;
  throw new ConfigError(
    "Cannot stream with this model: its autoencoder changes the frame rate, or it attends over " +
      "whole clips. Use a model with temporal stride 1 and temporal units.",
  );
}

/** For each tile its part of every frame of a clip, enlarged. */
async function enlargeTiles(
  clip: readonly Frame[],
  tiles: readonly MosaicTile[],
  streams: TileStreams,
  signal: AbortSignal | undefined,
): Promise<Frame[][]> {
  const parts: Frame[][] = [];
  for (const tile of tiles) {
    const stream = streams.of(tile.geometry);
    const done: Frame[] = [];
    for (const frame of clip) {
      signal?.throwIfAborted();
      done.push(...await stream.push(cutFrame(frame, tile.read)));
    }
    parts.push([...done, ...await stream.finish()]);
  }
  return parts;
}

/** The target frame of its tiles, in the order of the mosaic. */
function assemble(
  parts: readonly Frame[],
  tiles: readonly MosaicTile[],
  { width, height, scale = 2 }: UpscaleOptions,
): Frame {
  const [only] = parts;
  if (only && tiles.length === 1) return only;
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const like = only?.data ?? new Uint8Array();
  const target = { ...size, data: samplesLike(like, size.width * size.height * 3) };
  for (const [index, tile] of tiles.entries()) {
    const part = parts[index];
    if (part) layTile(target, part, tile);
  }
  return target;
}
