/** Classification with any network: pictures in, the likeliest classes out. */
import type { LoadedNetwork } from "@vicinity/checkpoint";
import { type Plan, softmax, type Tensor } from "@vicinity/tensor";
import type { RgbPicture } from "../pillow_resize.ts";
import { type ClassificationOptions, preprocessClassification } from "../preprocess.ts";
import { requirePixels } from "../require_pixels.ts";

/** What is known of a classifier beside its weights. */
export interface ClassifierFacts {
  /** Names of its classes, in order. */
  readonly classes: readonly string[];
  /** Its input. */
  readonly input: ClassificationOptions;
}

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
 * Packages of models load them: `ImageClassifier` of `@vicinity/dinat` and `@vicinity/favit`.
 */
export class ImageClassifier implements Disposable {
  /** Names of the classes, in order. */
  readonly classes: readonly string[];
  /** Its input. */
  readonly input: ClassificationOptions;
  readonly #loaded: LoadedNetwork<unknown>;
  readonly #plan: Plan<"x", { scores: Tensor }>;

  /**
   * Prepares to classify.
   *
   * @param loaded The network, which belongs to the classifier from now on.
   * @param logits From `[1, height, width, 3]`, normalised, to `[1, classes]`.
   * @param facts Classes and input.
   */
  constructor(
    loaded: LoadedNetwork<unknown>,
    logits: (x: Tensor) => Tensor,
    { classes, input }: ClassifierFacts,
  ) {
    this.classes = classes;
    this.input = input;
    this.#loaded = loaded;
    try {
      this.#plan = loaded.gpu.plan({
        name: "classify",
        inputs: { x: { shape: [1, input.imageSize, input.imageSize, 3] } },
        run: ({ x }) => ({ scores: softmax(logits(x)) }),
      });
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
   * @throws {ShapeError} If the picture has no pixels, or other bytes than 3 a pixel.
   */
  async run(
    picture: RgbPicture,
    { top = 5 }: { readonly top?: number } = {},
  ): Promise<readonly ScoredClass[]> {
    requirePixels(picture, "classify");
    const { values } = preprocessClassification(picture, this.input);
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
