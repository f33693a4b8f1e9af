/** Detection with any network: pictures in, things with boxes and outlines out. */
import type { LoadedNetwork } from "@vicinity/checkpoint";
import type { Plan } from "@vicinity/tensor";
import type { ClassInfo } from "../classes.ts";
import type { RgbPicture } from "../pillow_resize.ts";
import { type DenseOptions, preprocessDetection } from "../preprocess.ts";
import { requirePixels } from "../require_pixels.ts";
import type { Detection, DetectorNetwork, RecordedDetection } from "./detector_network.ts";

/** What is known of a detector beside its weights. */
export interface DetectorFacts {
  /** Its classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** Its input. */
  readonly input: DenseOptions;
}

/** Options of a run. */
export interface DetectOptions {
  /** Only things with a higher score; the model's own threshold holds in any case. */
  readonly scoreThreshold?: number | undefined;
}

/** A program, and what the host makes of its outputs. */
interface Program {
  readonly plan: Plan<"x" | "clip" | "scale">;
  readonly found: RecordedDetection["found"];
}

/** Programs that are kept, one for each size of input. */
const KEPT_PLANS = 4;

/**
 * Detection in pictures of any size. The sides of the network's input are whole multiples of a
 * divisor, so that pictures of many sizes share a program.
 *
 * Packages of models load them: `Detector` of `@vicinity/dinat` and `@vicinity/favit`.
 */
export class Detector implements Disposable {
  /** Names and colours of the classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** Its input. */
  readonly input: DenseOptions;
  readonly #loaded: LoadedNetwork<unknown>;
  readonly #network: DetectorNetwork;
  readonly #programs = new Map<string, Program>();

  /**
   * Prepares to detect.
   *
   * @param loaded The network, which belongs to the detector from now on.
   * @param network How it is recorded and read.
   * @param facts Classes and input.
   */
  constructor(
    loaded: LoadedNetwork<unknown>,
    network: DetectorNetwork,
    { classes, input }: DetectorFacts,
  ) {
    this.classes = classes;
    this.input = input;
    this.#loaded = loaded;
    this.#network = network;
  }

  /** Probability from which on a pixel belongs to a mask. */
  get maskThreshold(): number {
    return this.#network.maskThreshold;
  }

  /**
   * Finds things; the GPU is waited for once.
   *
   * @param picture RGB, 8 bits, upright.
   * @param options Threshold.
   * @returns Things, the surest first.
   * @throws {ShapeError} If the picture has no pixels, or other bytes than 3 a pixel.
   * @throws {OutOfMemoryError} If the budget is too small for the network's input.
   */
  async run(picture: RgbPicture, options: DetectOptions = {}): Promise<Detection[]> {
    requirePixels(picture, "detect in");
    const { scoreThreshold = 0 } = options;
    const input = preprocessDetection(picture, this.input);
    const { plan, found } = this.#program(input.height, input.width);
    const outputs = plan.run({
      x: input.values,
      clip: Float32Array.from(input.resized),
      scale: Float32Array.from(input.scaleFactor),
    });
    const read = await this.#loaded.gpu.read(Object.values(outputs));
    return found(read, { clip: input.resized, scale: input.scaleFactor })
      .filter(({ score }) => score > scoreThreshold);
  }

  /**
   * Bytes that the program for an input needs, weights not counted.
   *
   * @param rows Rows of the network's input.
   * @param columns Its columns.
   * @returns The peak.
   */
  peakBytes(rows: number, columns: number): number {
    return this.#program(rows, columns).plan.peakBytes;
  }

  #program(rows: number, columns: number): Program {
    const key = `${rows}x${columns}`;
    const program = this.#programs.get(key) ?? this.#traced(key, [rows, columns]);
    this.#programs.delete(key);
    this.#programs.set(key, program);
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > KEPT_PLANS && oldest !== undefined) {
      this.#programs.get(oldest)?.plan.dispose();
      this.#programs.delete(oldest);
    }
    return program;
  }

  #traced(name: string, [rows, columns]: readonly [number, number]): Program {
    let recorded: RecordedDetection | undefined;
    const plan = this.#loaded.gpu.plan({
      name: `detect ${name}`,
      inputs: { x: { shape: [1, rows, columns, 3] }, clip: { shape: [2] }, scale: { shape: [4] } },
      run: ({ x, clip, scale }) => {
        recorded = this.#network.record(x, { clip, scale });
        return Object.fromEntries(recorded.outputs.map((tensor, index) => [`y${index}`, tensor]));
      },
    });
    const { found } = recorded ?? { found: () => [] };
    return { plan, found };
  }

  /** Frees the network and its programs, and the context if the detector opened it. */
  dispose(): void {
    for (const { plan } of this.#programs.values()) plan.dispose();
    this.#programs.clear();
    this.#loaded.dispose();
  }

  /** Same as {@link Detector.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
