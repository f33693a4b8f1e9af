/** The library's way in: pictures and videos in, the probability of every pixel out. */
import {
  type Checkpoint,
  type LoadedNetwork,
  loadNetwork,
  type NetworkOptions,
  readCheckpoint,
  type Source,
} from "@vicinity/checkpoint";
import { ShapeError } from "@vicinity/tensor";
import { requirePixels, type RgbPicture } from "@vicinity/vision";
import { ClipPlans } from "./clip_plans.ts";
import { clipsOf } from "./clips.ts";
import { describeRelayFormer, type RelayFormerDescription } from "./describe.ts";
import { pictureScore, tamperedFraction } from "./evidence.ts";
import { joinedLooks, mirroredPicture } from "./mirror.ts";
import { RelayFormer } from "./model.ts";
import { type Extent, partition } from "./partition.ts";
import { type Alignment, placedProbabilities, type Plane, resizePlane } from "./post.ts";
import { type LookMode, placePicture, type Placing } from "./pre.ts";
import { windowsOf } from "./windows.ts";

/** Options of {@link ForgeryLocalizer.load}. */
export interface LocalizerOptions extends NetworkOptions {
  /** The model file: the authors' `.pth`, or one of this project. */
  readonly weights: Source | Checkpoint;
}

/** How a picture or a video is looked at. */
export interface LocalizeOptions {
  /** Way to the canvas; the one that suits the network when absent. */
  readonly mode?: LookMode | undefined;
  /** Where masks come to lie; as in the authors' code when absent. */
  readonly alignment?: Alignment | undefined;
  /** Look at the mirrored picture too and average. */
  readonly flip?: boolean | undefined;
  /** A pixel counts as manipulated above this; 0.5 when absent. */
  readonly threshold?: number | undefined;
  /** Stops between the parts of a picture. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each part of a picture or clip. */
  readonly onProgress?: ((progress: LocalizeProgress) => void) | undefined;
}

/** How far the look at a picture or clip is. */
export interface LocalizeProgress {
  /** The stage of the work. */
  readonly phase: "run";
  /** Parts that were looked at. */
  readonly done: number;
  /** Parts in all. */
  readonly total: number;
  /** What is counted. */
  readonly unit: "window";
}

/** What is known of a picture. */
export interface Localization {
  /** Columns, as of the picture. */
  readonly width: number;
  /** Rows, as of the picture. */
  readonly height: number;
  /** Probability that a pixel was manipulated, `[height, width]`. */
  readonly probabilities: Float32Array;
  /** Score of the whole picture, 0 to 1: the mean of the largest 0.5 % of the probabilities. */
  readonly score: number;
  /** Share of the pixels above the threshold. */
  readonly fraction: number;
}

/**
 * Finds out where pictures and videos were manipulated.
 *
 * @example
 * ```ts
 * import { findModel } from "@vicinity/checkpoint";
 * import { openModel } from "@vicinity/checkpoint/deno";
 * import { ForgeryLocalizer } from "@vicinity/relayformer";
 * import type { RgbPicture } from "@vicinity/vision";
 *
 * async function suspicion(picture: RgbPicture) {
 *   using weights = await openModel(findModel("relayformer-mini"));
 *   using localizer = await ForgeryLocalizer.load({ weights });
 *   const { probabilities, score } = await localizer.run(picture);
 *   return { score, firstPixel: probabilities[0] };
 * }
 * ```
 */
export class ForgeryLocalizer implements Disposable {
  /** What the file says of the network. */
  readonly description: RelayFormerDescription;
  readonly #loaded: LoadedNetwork<RelayFormer>;
  readonly #plans: ClipPlans;

  private constructor(loaded: LoadedNetwork<RelayFormer>, description: RelayFormerDescription) {
    this.description = description;
    this.#loaded = loaded;
    this.#plans = new ClipPlans(loaded.gpu, loaded.network);
  }

  /**
   * Loads a model.
   *
   * @param options The model file, and where it runs.
   * @returns The localizer; dispose it with `using` or {@link ForgeryLocalizer.dispose}.
   * @throws {CheckpointError} If the file is damaged or of another network.
   * @throws {GpuUnavailableError} If there is no WebGPU adapter.
   */
  static async load(options: LocalizerOptions): Promise<ForgeryLocalizer> {
    const checkpoint = await readCheckpoint(options.weights);
    const description = describeRelayFormer(checkpoint);
    const loaded = await loadNetwork(
      checkpoint,
      (parameters, store) => new RelayFormer(parameters, store, description.network),
      options,
    );
    return new ForgeryLocalizer(loaded, description);
  }

  /**
   * Looks at a picture.
   *
   * @param picture RGB, 8 bits, upright.
   * @param options How.
   * @returns Probabilities of all of its pixels.
   * @throws {ShapeError} If it has no pixels or other bytes than 3 a pixel, or `pad` is asked for and it
   *   is larger than the canvas.
   * @throws {OutOfMemoryError} If the budget is too small for the network.
   */
  async run(picture: RgbPicture, options: LocalizeOptions = {}): Promise<Localization> {
    const [values = new Float32Array()] = await this.#look([picture], options);
    return localization(picture, values, options);
  }

  /**
   * Looks at a video: frames of a clip know of each other. Memory does not grow with its length.
   *
   * @param frames Frames of one size, in order.
   * @param options How.
   * @returns One result a frame, in order; of a clip they come together.
   * @throws {ShapeError} If a frame has another size than the first.
   */
  async *stream(
    frames: AsyncIterable<RgbPicture> | Iterable<RgbPicture>,
    options: LocalizeOptions = {},
  ): AsyncGenerator<Localization> {
    const { clipFrames } = this.description;
    let size: FrameSize | undefined;
    for await (const { frames: clip, first, count } of clipsOf(frames, clipFrames)) {
      size = oneSize(clip, size);
      const maps = await this.#look(clip, options);
      for (let frame = first; frame < first + count; frame++) {
        const [picture, values] = [clip[frame], maps[frame]];
        if (picture && values) yield localization(picture, values, options);
      }
    }
  }

  /**
   * Bytes that the program for a picture needs, weights not counted.
   *
   * @param content Height and width of the picture on the canvas.
   * @param frames Frames of a clip.
   * @returns The peak.
   */
  peakBytes(content: Extent, frames = 1): number {
    return this.#plans.plan(this.#cut(content), frames, "official").peakBytes;
  }

  /**
   * Floating-point operations of a picture or clip.
   *
   * @param content Height and width of the picture on the canvas.
   * @param frames Frames of a clip.
   * @returns Their number.
   */
  flops(content: Extent, frames = 1): number {
    return this.#plans.plan(this.#cut(content), frames, "official").flops;
  }

  /** Frees the network, and the context if the localizer opened it. */
  dispose(): void {
    this.#plans.dispose();
    this.#loaded.dispose();
  }

  /** Same as {@link ForgeryLocalizer.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #cut(content: Extent) {
    return partition(this.description.network.canvas, content);
  }

  /** Probabilities of each frame of a clip. */
  async #look(clip: readonly RgbPicture[], options: LocalizeOptions): Promise<Float32Array[]> {
    for (const picture of clip) requirePixels(picture, "look at");
    const mode = options.mode ?? this.description.mode;
    const look = (pictures: readonly RgbPicture[]) =>
      mode === "native"
        ? this.#throughWindows(pictures, options)
        : this.#onCanvas(pictures, mode, options);
    const maps = await look(clip);
    if (!options.flip) return maps;
    const mirrored = await look(clip.map(mirroredPicture));
    return maps.map((plain, frame) => {
      const width = clip[frame]?.width ?? 1;
      const seen = mode === "crop" ? Math.min(width, this.description.network.canvas.size) : width;
      return joinedLooks({ plain, mirrored: mirrored[frame] ?? plain, width, seen });
    });
  }

  async #onCanvas(
    clip: readonly RgbPicture[],
    placing: Placing,
    { alignment = "official", signal, onProgress }: LocalizeOptions,
  ): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    const { canvas } = this.description.network;
    const placed = clip.map((picture) => placePicture(picture, canvas, placing));
    const cut = placed[0]?.cut;
    if (cut === undefined) return [];
    const logits = await this.#plans.run(placed.map(({ picture }) => picture), cut, alignment);
    onProgress?.(lookedAt(1, 1));
    return clip.map(({ width, height }, frame) => {
      const seen = placed[frame]?.picture ?? { width, height };
      const plane = placedProbabilities(logits[frame] ?? NOTHING, [seen.height, seen.width]);
      return resizePlane(plane, [height, width]).values;
    });
  }

  async #throughWindows(
    clip: readonly RgbPicture[],
    options: LocalizeOptions,
  ): Promise<Float32Array[]> {
    const [first] = clip;
    if (first === undefined) return [];
    const { size } = this.description.network.canvas;
    const windows = windowsOf([first.height, first.width], size);
    const sums = clip.map(({ width, height }) => new Float32Array(width * height));
    for (const [index, { top, left, rows, cols }] of windows.entries()) {
      const parts = clip.map((picture) =>
        partOf(picture, { top, left, height: rows.length, width: cols.length })
      );
      const maps = await this.#onCanvas(parts, "pad", { ...options, onProgress: undefined });
      maps.forEach((map, frame) => {
        const sum = sums[frame];
        if (sum === undefined) return;
        rows.forEach((row, y) => {
          const start = (top + y) * first.width + left;
          cols.forEach((col, x) => {
            sum[start + x] = (sum[start + x] ?? 0) + row * col * (map[y * cols.length + x] ?? 0);
          });
        });
      });
      options.onProgress?.(lookedAt(index + 1, windows.length));
    }
    // Shares add up to 1 but for rounding.
    return sums.map((sum) => sum.map((value) => Math.min(1, value)));
  }
}

function lookedAt(done: number, total: number): LocalizeProgress {
  return { phase: "run", done, total, unit: "window" };
}

const NOTHING: Plane = { width: 0, height: 0, values: new Float32Array() };

function localization(
  { width, height }: RgbPicture,
  probabilities: Float32Array,
  { threshold = 0.5 }: LocalizeOptions,
): Localization {
  return {
    width,
    height,
    probabilities,
    score: pictureScore(probabilities),
    fraction: tamperedFraction(probabilities, threshold),
  };
}

function partOf(
  { width, data }: RgbPicture,
  part: {
    readonly top: number;
    readonly left: number;
    readonly height: number;
    readonly width: number;
  },
): RgbPicture {
  const copy = new Uint8Array(part.height * part.width * 3);
  for (let row = 0; row < part.height; row++) {
    const from = ((part.top + row) * width + part.left) * 3;
    copy.set(data.subarray(from, from + part.width * 3), row * part.width * 3);
  }
  return { width: part.width, height: part.height, data: copy };
}

type FrameSize = Pick<RgbPicture, "width" | "height">;

/** The size of the frames of a clip; throws unless all have it, and `known` where that is given. */
function oneSize(clip: readonly RgbPicture[], known: FrameSize | undefined): FrameSize | undefined {
  const size = known ?? clip[0];
  if (size === undefined) return undefined;
  const { width, height } = size;
  const other = clip.find((frame) => frame.width !== width || frame.height !== height);
  if (other === undefined) return { width, height };
  throw new ShapeError(
    `Cannot look at frames of ${width} x ${height} and ${other.width} x ${other.height} in one ` +
      "video: give frames of one size.",
  );
}
