/** The library's way in to detection: pictures in, things with boxes and outlines out. */
import { type LoadedNetwork, loadNetwork, readCheckpoint } from "@vicinity/checkpoint";
import { type Plan, type PlanTensors, ShapeError, type Tensor } from "@vicinity/tensor";
import {
  type ClassInfo,
  NOTHING,
  preprocessDetection,
  type RgbPicture,
  type SoftMask,
} from "@vicinity/vision";
import { TwoStageDinat } from "./dense.ts";
import { describeDetector, type DetectorDescription } from "./describe.ts";
import type { ModelOptions } from "./segmenter.ts";

/** A thing in a picture. */
export interface Detection {
  /** Number of its class. */
  readonly classId: number;
  /** From 0 to 1. */
  readonly score: number;
  /** x1, y1, x2, y2 in pixels of the picture. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** Its outline inside the box; `pasteMask` of `@vicinity/vision` turns it into pixels. */
  readonly mask?: SoftMask;
}

/** Options of a run. */
export interface DetectOptions {
  /** Only things with a higher score; the model's own threshold holds in any case. */
  readonly scoreThreshold?: number | undefined;
}

/** What the host reads of a picture; `masks` where there are any. */
type Outputs = Record<"boxes" | "scores" | "classIds", Tensor> & PlanTensors;

type DetectorPlan = Plan<"x" | "clip" | "scale", Outputs>;

/** Programs that are kept, one for each size of input. */
const KEPT_PLANS = 4;

/**
 * Detection in pictures of any size. The sides of the network's input are whole multiples of a
 * divisor, so that pictures of many sizes share a program.
 *
 * @example
 * ```ts ignore
 * import { Detector } from "@vicinity/dinat";
 * import { openModel } from "@vicinity/checkpoint/deno";
 * import { pasteMask } from "@vicinity/vision";
 *
 * using detector = await Detector.load({ weights: await openModel("dinat-fashion-parts") });
 * for (const { classId, score, box, mask } of await detector.run(picture)) {
 *   const outline = mask && pasteMask(mask, box, picture, detector.maskThreshold);
 *   console.log(detector.classes[classId].name, score, box, outline);
 * }
 * ```
 */
export class Detector implements Disposable {
  /** Names and colours of the classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** What the file says of the network. */
  readonly description: DetectorDescription;
  readonly #loaded: LoadedNetwork<TwoStageDinat>;
  readonly #plans = new Map<string, DetectorPlan>();

  private constructor(loaded: LoadedNetwork<TwoStageDinat>, description: DetectorDescription) {
    this.classes = description.classes;
    this.description = description;
    this.#loaded = loaded;
  }

  /**
   * Loads a model.
   *
   * @param options The model file, its name such as `mask_rcnn-dinat-mini`, and where it runs.
   * @returns The detector; dispose it with `using` or {@link Detector.dispose}.
   * @throws {CheckpointError} If the file is damaged or of another network.
   * @throws {GpuUnavailableError} If there is no WebGPU adapter.
   */
  static async load(options: ModelOptions): Promise<Detector> {
    const checkpoint = await readCheckpoint(options.weights);
    const description = describeDetector(checkpoint, options.model);
    const loaded = await loadNetwork(
      checkpoint,
      (parameters, store) => new TwoStageDinat(parameters, store, description.network),
      options,
    );
    return new Detector(loaded, description);
  }

  /** Probability from which on a pixel belongs to a mask. */
  get maskThreshold(): number {
    return this.description.network.detector.mask?.threshold ?? 0.5;
  }

  /**
   * Finds things; the GPU is waited for once.
   *
   * @param picture RGB, 8 bits, upright.
   * @param options Threshold.
   * @returns Things, the surest first.
   * @throws {OutOfMemoryError} If the budget is too small for the network's input.
   */
  async run(picture: RgbPicture, options: DetectOptions = {}): Promise<Detection[]> {
    requirePixels(picture);
    const { scoreThreshold = 0 } = options;
    const input = preprocessDetection(picture, this.description.input);
    const { boxes, scores, classIds, masks } = this.#plan(input.height, input.width).run({
      x: input.values,
      clip: Float32Array.from(input.resized),
      scale: Float32Array.from(input.scaleFactor),
    });
    const [corners = [], likely = [], ids = [], outlines] = await this.#loaded.gpu.read(
      [boxes, scores, classIds, ...(masks ? [masks] : [])],
    );
    const side = masks?.shape[1] ?? 0;
    const found: Detection[] = [];
    for (const [index, score] of [...likely].entries()) {
      // Behind the last detection there is nothing.
      if (score <= Math.max(NOTHING, scoreThreshold)) break;
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners.slice(4 * index, 4 * index + 4);
      const outline = outlines?.slice(index * side ** 2, (index + 1) * side ** 2);
      found.push({
        classId: ids[index] ?? 0,
        score,
        box: [x1, y1, x2, y2],
        ...(outline ? { mask: { side, probabilities: Float32Array.from(outline) } } : {}),
      });
    }
    return found;
  }

  /**
   * Bytes that the program for an input needs, weights not counted.
   *
   * @param rows Rows of the network's input.
   * @param columns Its columns.
   * @returns The peak.
   */
  peakBytes(rows: number, columns: number): number {
    return this.#plan(rows, columns).peakBytes;
  }

  #plan(rows: number, columns: number): DetectorPlan {
    const key = `${rows}x${columns}`;
    const known = this.#plans.get(key);
    this.#plans.delete(key);
    const { gpu, network } = this.#loaded;
    const plan = known ?? gpu.plan({
      name: `detect ${key}`,
      inputs: { x: { shape: [1, rows, columns, 3] }, clip: { shape: [2] }, scale: { shape: [4] } },
      run: ({ x, clip, scale }): Outputs => {
        const { boxes, scores, classIds, masks } = network.forward(x, { clip, scale }).detections;
        return { boxes, scores, classIds, ...(masks ? { masks } : {}) };
      },
    });
    this.#plans.set(key, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > KEPT_PLANS && oldest !== undefined) {
      this.#plans.get(oldest)?.dispose();
      this.#plans.delete(oldest);
    }
    return plan;
  }

  /** Frees the network and its programs, and the context if the detector opened it. */
  dispose(): void {
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
    this.#loaded.dispose();
  }

  /** Same as {@link Detector.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function requirePixels({ width, height, data }: RgbPicture): void {
  if (width > 0 && height > 0 && data.length === width * height * 3) return;
  throw new ShapeError(
    `Cannot detect in a picture of ${width} x ${height} with ${data.length} samples: ` +
      "give width x height x 3 bytes, at least one pixel.",
  );
}
