/** The library's way in to classification: pictures in, the likeliest classes out. */
import { type LoadedNetwork, loadNetwork, readCheckpoint } from "@vicinity/checkpoint";
import { type Plan, softmax, type Tensor } from "@vicinity/tensor";
import { preprocessClassification, type RgbPicture } from "@vicinity/vision";
import { type ClassifierDescription, describeClassifier } from "./describe.ts";
import { Classifier } from "./model.ts";
import type { ModelOptions } from "./segmenter.ts";
import { fromTransformers, hasTransformersNames } from "./transformers_names.ts";

/** A class with its probability. */
export interface ScoredClass {
  /** Number of the class. */
  readonly id: number;
  /** Its name. */
  readonly name: string;
  /** From 0 to 1. */
  readonly score: number;
}

/**
 * Classifies pictures.
 *
 * @example
 * ```ts ignore
 * import { ImageClassifier } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 *
 * using classifier = await ImageClassifier.load({ weights: await openModel("dinat-fashion") });
 * const [best] = await classifier.run(picture);
 * console.log(best.name, best.score);
 * ```
 */
export class ImageClassifier implements Disposable {
  /** Names of the classes, in order. */
  readonly classes: readonly string[];
  /** What the file says of the network. */
  readonly description: ClassifierDescription;
  readonly #loaded: LoadedNetwork<Classifier>;
  readonly #plan: Plan<"x", { scores: Tensor }>;

  private constructor(loaded: LoadedNetwork<Classifier>, description: ClassifierDescription) {
    const { imageSize } = description.input;
    this.classes = description.classes;
    this.description = description;
    this.#loaded = loaded;
    this.#plan = loaded.gpu.plan({
      name: "classify",
      inputs: { x: { shape: [1, imageSize, imageSize, 3] } },
      run: ({ x }) => ({ scores: softmax(loaded.network.forward(x).logits) }),
    });
  }

  /**
   * Loads a model.
   *
   * @param options The model file, its name such as `dinat-mini`, and where it runs. Files with the
   * key names of transformers are read too.
   * @returns The classifier; dispose it with `using` or {@link ImageClassifier.dispose}.
   * @throws {CheckpointError} If the file is damaged or of another network.
   * @throws {GpuUnavailableError} If there is no WebGPU adapter.
   */
  static async load(options: ModelOptions): Promise<ImageClassifier> {
    const checkpoint = await readCheckpoint(options.weights);
    const description = describeClassifier(checkpoint, options.model);
    const weights = hasTransformersNames(checkpoint) ? fromTransformers(checkpoint) : checkpoint;
    const loaded = await loadNetwork(
      weights,
      (parameters, store) =>
        new Classifier(parameters, store, description.backbone, description.classes.length),
      options,
    );
    try {
      return new ImageClassifier(loaded, description);
    } catch (error) {
      loaded.dispose();
      throw error;
    }
  }

  /** Bytes that the program needs, weights not counted. */
  get peakBytes(): number {
    return this.#plan.peakBytes;
  }

  /** Floating-point operations of one picture. */
  get flops(): number {
    return this.#plan.flops;
  }

  /**
   * Classifies a picture.
   *
   * @param picture RGB, 8 bits, upright.
   * @param options How many classes to give, 5 when absent.
   * @returns The likeliest classes, best first.
   */
  async run(
    picture: RgbPicture,
    { top = 5 }: { readonly top?: number } = {},
  ): Promise<readonly ScoredClass[]> {
    const { values } = preprocessClassification(picture, this.description.input);
    const [scores = []] = await this.#loaded.gpu.read([this.#plan.run({ x: values }).scores]);
    return Array.from(scores, (score, id) => ({ id, name: this.classes[id] ?? "", score }))
      .sort((a, b) => b.score - a.score || a.id - b.id)
      .slice(0, top);
  }

  /** Frees the network, and the context if the classifier opened it. */
  dispose(): void {
    this.#plan.dispose();
    this.#loaded.dispose();
  }

  /** Same as {@link ImageClassifier.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
