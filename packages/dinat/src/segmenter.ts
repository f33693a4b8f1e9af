/** The library's way in to segmentation: pictures in, a class for each pixel out. */
import {
  type Checkpoint,
  type LoadedNetwork,
  loadNetwork,
  type NetworkOptions,
  readCheckpoint,
  type Source,
} from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import {
  type ClassInfo,
  type RgbPicture,
  type SegmentOptions,
  type SegmentResult,
  SemanticSegmenter,
} from "@vicinity/vision";
import { UperNetDinat } from "./dense.ts";
import { describeSegmenter, type SegmenterDescription } from "./describe.ts";

/** Options of {@link Segmenter.load}. */
export interface ModelOptions extends NetworkOptions {
  /** The model file. */
  readonly weights: Source | Checkpoint;
  /** Name of the published model that an official file belongs to, such as `upernet-dinat-mini`. */
  readonly model?: string | undefined;
}

/**
 * Semantic segmentation of pictures of any size.
 *
 * @example
 * ```ts ignore
 * import { Segmenter } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 *
 * using segmenter = await Segmenter.load({ weights: await openModel("dinat-sky-animal") });
 * const { labels } = await segmenter.run(picture);
 * console.log(segmenter.classes[labels[0]].name);
 * ```
 */
export class Segmenter implements Disposable {
  /** Names and colours of the classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** What the file says of the network. */
  readonly description: SegmenterDescription;
  readonly #loaded: LoadedNetwork<UperNetDinat>;
  readonly #runner: SemanticSegmenter;

  private constructor(loaded: LoadedNetwork<UperNetDinat>, description: SegmenterDescription) {
    this.classes = description.classes;
    this.description = description;
    this.#loaded = loaded;
    const scorer = { scores: (x: Tensor) => loaded.network.forward(x).logits };
    this.#runner = new SemanticSegmenter(loaded.gpu, scorer, description.input);
  }

  /**
   * Loads a model.
   *
   * @param options The model file, its name, and where it runs.
   * @returns The segmenter; dispose it with `using` or {@link Segmenter.dispose}.
   * @throws {CheckpointError} If the file is damaged or of another network.
   * @throws {GpuUnavailableError} If there is no WebGPU adapter.
   */
  static async load(options: ModelOptions): Promise<Segmenter> {
    const checkpoint = await readCheckpoint(options.weights);
    const description = describeSegmenter(checkpoint, options.model);
    const loaded = await loadNetwork(
      checkpoint,
      (parameters, store) => new UperNetDinat(parameters, store, description.network),
      options,
    );
    return new Segmenter(loaded, description);
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
