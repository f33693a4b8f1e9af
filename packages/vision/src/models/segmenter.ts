/** Segmentation with any network: pictures in, a class for each pixel out. */
import type { LoadedNetwork } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import type { ClassInfo } from "../classes.ts";
import type { RgbPicture } from "../pillow_resize.ts";
import {
  type SegmenterRecipe,
  type SegmentOptions,
  type SegmentResult,
  SemanticSegmenter,
} from "../semantic/semantic_segmenter.ts";

/** What is known of a segmenter beside its weights. */
export interface SegmenterFacts {
  /** Its classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** Its input. */
  readonly input: SegmenterRecipe;
}

/**
 * Semantic segmentation of pictures of any size.
 *
 * Packages of models load them: `Segmenter` of `@vicinity/dinat` and `@vicinity/favit`.
 */
export class Segmenter implements Disposable {
  /** Names and colours of the classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** Its input. */
  readonly input: SegmenterRecipe;
  readonly #loaded: LoadedNetwork<unknown>;
  readonly #runner: SemanticSegmenter;

  /**
   * Prepares to segment.
   *
   * @param loaded The network, which belongs to the segmenter from now on.
   * @param scores From `[1, height, width, 3]`, normalised, to scores `[1, …, …, classes]`.
   * @param facts Classes and input.
   */
  constructor(
    loaded: LoadedNetwork<unknown>,
    scores: (x: Tensor) => Tensor,
    { classes, input }: SegmenterFacts,
  ) {
    this.classes = classes;
    this.input = input;
    this.#loaded = loaded;
    this.#runner = new SemanticSegmenter(loaded.gpu, { scores }, input);
  }

  /**
   * Segments a picture.
   *
   * @param picture RGB, 8 bits, upright.
   * @param options Sizes, mirroring, window; those of the model when absent.
   * @returns A class for each pixel of the picture.
   * @throws {OutOfMemoryError} If the budget is too small for the network's input.
   */
  run(picture: RgbPicture, options: SegmentOptions = {}): Promise<SegmentResult> {
    return this.#runner.run(picture, options);
  }

  /**
   * Bytes that the program for an input needs, weights not counted.
   *
   * @param rows Rows of the network's input.
   * @param columns Its columns.
   * @returns The peak.
   */
  peakBytes(rows: number, columns: number): number {
    return this.#runner.peakBytes([rows, columns]);
  }

  /** Frees the network, and the context if the segmenter opened it. */
  dispose(): void {
    this.#runner.dispose();
    this.#loaded.dispose();
  }

  /** Same as {@link Segmenter.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
