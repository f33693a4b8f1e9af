/** From a picture to the class of each pixel, with any network that scores pixels. */
import type { Gpu, Plan, Tensor } from "@vicinity/tensor";
import { Turns } from "../models/turns.ts";
import type { RgbPicture } from "../pillow_resize.ts";
import { requirePixels } from "../require_pixels.ts";
import {
  bandProbabilities,
  bandsOf,
  labelPixels,
  type PartScores,
  readingsOf,
} from "./label_pixels.ts";
import { IMAGENET, networkInput, type Statistics } from "./network_input.ts";
import {
  type Extent,
  type Look,
  type LookOptions,
  planLooks,
  resizedFor,
  scoreTables,
} from "./views.ts";

/** A network that scores pixels. */
export interface PixelScorer {
  /** `[1, rows, columns, 3]`, normalised, to scores `[1, …, …, classes]` of any resolution. */
  scores(x: Tensor): Tensor;
}

/** How a network was tested by its authors. */
export interface SegmenterRecipe {
  /** Most pixels of the input's longer side. */
  readonly longest: number;
  /** Most pixels of the input's shorter side. */
  readonly shortest: number;
  /** Sides of the input are enlarged to multiples of this; 1 when absent. */
  readonly divisor?: number | undefined;
  /** Statistics of the input; ImageNet's when absent. */
  readonly statistics?: Statistics | undefined;
}

/** Options of a run. */
export interface SegmentOptions extends Partial<LookOptions> {
  /** Give the probabilities of all classes too. */
  readonly probabilities?: boolean | undefined;
  /** Stops between the parts of the picture. */
  readonly signal?: AbortSignal | undefined;
}

/** What is known of a picture. */
export interface SegmentResult {
  /** Columns, as of the picture. */
  readonly width: number;
  /** Rows, as of the picture. */
  readonly height: number;
  /** The likeliest class of each pixel, `[height, width]`. */
  readonly labels: Uint32Array;
  /** Its probability, `[height, width]`. */
  readonly confidence: Float32Array;
  /** Those of all classes, `[classes, height, width]`, where they were asked for. */
  readonly probabilities?: Float32Array | undefined;
}

/**
 * The looks that a run takes at a picture.
 *
 * @param photo Its size.
 * @param recipe How the network was tested, where the options say nothing.
 * @param options Sizes, mirroring, window.
 * @returns Every scale, each followed by its mirrored twin.
 *
 * @example
 * ```ts
 * import { looksAt } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const window = { size: [64, 64], stride: [32, 32] } as const;
 * const [look] = looksAt([100, 200], { longest: 256, shortest: 64 }, { window });
 * assert.deepEqual(look?.size, [64, 128]);
 * assert.equal(look.parts.length, 3);
 * ```
 */
export function looksAt(
  photo: Extent,
  { longest, shortest, divisor }: SegmenterRecipe,
  options: SegmentOptions = {},
): readonly Look[] {
  return planLooks(photo, {
    ...options,
    longest: options.longest ?? longest,
    shortest: options.shortest ?? shortest,
    divisor: options.divisor ?? divisor,
  });
}

/** Programs that are kept, one for each size of input. */
const KEPT_PLANS = 4;

/** Runs a network over pictures of any size. */
export class SemanticSegmenter {
  readonly #gpu: Gpu;
  readonly #network: PixelScorer;
  readonly #recipe: SegmenterRecipe;
  readonly #plans = new Map<string, Plan<"x", { logits: Tensor }>>();
  readonly #turns = new Turns();

  /** Runs nothing yet. */
  constructor(gpu: Gpu, network: PixelScorer, recipe: SegmenterRecipe) {
    this.#gpu = gpu;
    this.#network = network;
    this.#recipe = recipe;
  }

  /**
   * Bytes that the program for an input needs, weights not counted.
   *
   * @param input Size of the network's input.
   * @returns Its peak.
   */
  peakBytes(input: Extent): number {
    return this.#plan(input).peakBytes;
  }

  /**
   * Segments a picture. Runs that overlap are done one after the other.
   *
   * @param picture RGB, 8 bits.
   * @param options Sizes, mirroring, window.
   * @returns A class for each pixel.
   * @throws {ShapeError} If the picture has no pixels, or other bytes than 3 a pixel.
   * @throws {OutOfMemoryError} If the budget is too small for the picture's size.
   */
  async run(picture: RgbPicture, options: SegmentOptions = {}): Promise<SegmentResult> {
    requirePixels(picture, "segment");
    // Scores may stay in a program until all of their pixels are read.
    return await this.#turns.take(async () => {
      const copies: Tensor[] = [];
      try {
        return await this.#label(picture, await this.#look(picture, options, copies), options);
      } finally {
        for (const copy of copies) this.#gpu.free(copy);
      }
    });
  }

  async #label(
    { width, height }: RgbPicture,
    looks: readonly PartScores[][],
    options: SegmentOptions,
  ): Promise<SegmentResult> {
    const photo: Extent = [height, width];
    const labels = new Uint32Array(width * height);
    const confidence = new Float32Array(width * height);
    for (const rows of readingsOf(photo)) {
      options.signal?.throwIfAborted();
      const [ids = [], shares = []] = await this.#read(() => {
        const { classes, probabilities } = labelPixels(looks, photo, rows);
        return [classes, probabilities];
      });
      labels.set(ids, rows.start * width);
      confidence.set(shares, rows.start * width);
    }
    const result = { width, height, labels, confidence };
    if (!options.probabilities) return result;
    return { ...result, probabilities: await this.#probabilities(looks, photo, options) };
  }

  /** Reads what is recorded; the scope ends before the wait, in which others make their tensors. */
  #read(record: () => readonly Tensor[]): ReturnType<Gpu["read"]> {
    using _scope = this.#gpu.scope();
    return this.#gpu.read(record());
  }

  /** Frees the programs; the network belongs to the caller. */
  dispose(): void {
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
  }

  /** Scores of all looks; what they need beside programs is added to `copies`. */
  async #look(
    picture: RgbPicture,
    options: SegmentOptions,
    copies: Tensor[],
  ): Promise<PartScores[][]> {
    const { statistics = IMAGENET } = this.#recipe;
    const photo: Extent = [picture.height, picture.width];
    const looks = looksAt(photo, this.#recipe, options);
    const only = looks.length === 1 && looks[0]?.parts.length === 1;
    const pace = new Pace();
    let resized: RgbPicture | undefined;
    const scores: PartScores[][] = [];
    for (const look of looks) {
      if (resized?.height !== look.size[0] || resized.width !== look.size[1]) {
        resized = resizedFor(picture, look);
      }
      const parts: PartScores[] = [];
      for (const part of look.parts) {
        options.signal?.throwIfAborted();
        const x = networkInput(resized, part, look.mirrored, statistics);
        const { logits } = this.#plan(part.size).run({ x });
        const [, rows = 0, columns = 0] = logits.shape;
        parts.push({
          logits: only ? logits : this.#copy(logits, copies),
          ...scoreTables(look, part, [rows, columns], photo),
        });
        if (options.signal && !only) await pace.follow(logits);
      }
      scores.push(parts);
    }
    await pace.end();
    return scores;
  }

  /** The next run of a plan overwrites its output. */
  #copy(tensor: Tensor, copies: Tensor[]): Tensor {
    const copy = this.#gpu.persistent(tensor.shape);
    copies.push(copy);
    this.#gpu.copy(tensor, copy);
    return copy;
  }

  #plan([rows, columns]: Extent): Plan<"x", { logits: Tensor }> {
    const key = `${rows}x${columns}`;
    const known = this.#plans.get(key);
    this.#plans.delete(key);
    const plan = known ?? this.#gpu.plan({
      name: `segment ${key}`,
      inputs: { x: { shape: [1, rows, columns, 3] } },
      run: ({ x }) => ({ logits: this.#network.scores(x) }),
    });
    this.#plans.set(key, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > KEPT_PLANS && oldest !== undefined) {
      this.#plans.get(oldest)?.dispose();
      this.#plans.delete(oldest);
    }
    return plan;
  }

  /** Band by band, since on the GPU all at once would be too much. */
  async #probabilities(
    looks: readonly PartScores[][],
    photo: Extent,
    { signal }: SegmentOptions,
  ): Promise<Float32Array> {
    const [height, width] = photo;
    const classCount = looks[0]?.[0]?.logits.shape[3] ?? 0;
    const planes = new Float32Array(classCount * height * width);
    for (const band of bandsOf(looks, width, { start: 0, count: height })) {
      signal?.throwIfAborted();
      const [values = []] = await this.#read(() => [bandProbabilities(looks, band)]);
      const start = band.start * width;
      for (let pixel = 0; pixel < band.count * width; pixel++) {
        for (let c = 0; c < classCount; c++) {
          planes[c * height * width + start + pixel] = values[pixel * classCount + c] ?? 0;
        }
      }
    }
    return planes;
  }
}

/** Lets the host be one part ahead of the device and no more, so that it can stop in between. */
class Pace {
  #last: Promise<unknown> = Promise.resolve();

  /** Waits for the part before the one with this result, so that the device is never idle. */
  async follow(result: Tensor): Promise<void> {
    const before = this.#last;
    this.#last = result.gpu.read([{ ...result, shape: [1] }]);
    // Whoever waits next is told of a failure; after a stop nobody does.
    this.#last.catch(() => {});
    await before;
  }

  /** Waits for the last part. */
  async end(): Promise<void> {
    await this.#last;
  }
}
