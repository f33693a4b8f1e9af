/** Mask R-CNN and Cascade Mask R-CNN on NAT, DiNAT and DiNAT_s: from photographs to things. */
import {
  type LoadProgress,
  Parameters,
  type WeightSource,
  WeightStore,
} from "@vicinity/checkpoint";
import type { Gpu, Plan, PlanTensors, Tensor } from "@vicinity/tensor";
import {
  type DetectionFrame,
  NOTHING,
  type Pyramid,
  type RgbPicture,
  type SoftMask,
  TwoStageDetector,
  type TwoStageOutput,
} from "@vicinity/vision";
import { DenseBackbone } from "./dense.ts";
import type { DinatDetectorConfig } from "./detection_config.ts";
import { type DetectionInput, preprocessDetection } from "./pre.ts";

/** The network, with the keys of mmdetection. */
export class TwoStageDinat {
  readonly #backbone: DenseBackbone;
  readonly #detector: TwoStageDetector;

  /** Declares `backbone`, `neck`, `rpn_head` and `roi_head`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { backbone, detector }: Pick<DinatDetectorConfig, "backbone" | "detector">,
  ) {
    const inputs = backbone.depths.map((_, stage) => backbone.embedDim * 2 ** stage);
    this.#backbone = new DenseBackbone(parameters, store.at("backbone"), backbone);
    this.#detector = new TwoStageDetector(parameters, store, inputs, detector);
  }

  /**
   * Detects.
   *
   * @param x `[1, height, width, 3]`, normalised.
   * @param frame Where the picture is.
   * @returns The backbone's maps, detections, and what lies between them.
   */
  forward(x: Tensor, frame: DetectionFrame): TwoStageOutput & { readonly features: Pyramid } {
    const features = this.#backbone.forward(x);
    return { features, ...this.#detector.forward(features, frame) };
  }
}

/** A thing in a photograph. */
export interface Detection {
  /** Its class. */
  readonly classId: number;
  /** 0 to 1. */
  readonly score: number;
  /** x1, y1, x2, y2 in pixels of the photograph. */
  readonly box: readonly [number, number, number, number];
  /** Its outline inside the box; `pasteMask` of `@vicinity/vision` turns it into pixels. */
  readonly mask?: SoftMask;
}

/** Options of {@link DinatDetector.load}. */
export interface DetectorLoadOptions {
  /** Called after each weight. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Ends loading early. */
  readonly signal?: AbortSignal;
}

/** What the host reads for each photograph; `masks` where there are any. */
type Outputs = Record<"boxes" | "scores" | "classIds", Tensor> & PlanTensors;

type DetectorPlan = Plan<"x" | "clip" | "scale", Outputs>;

/**
 * A detector with its weights. It keeps the program of the last size of the network's input; sizes
 * are rounded up to whole multiples of `divisor`, so most photographs of a camera share it.
 *
 * @example
 * ```ts
 * import { type DinatDetectorConfig, DinatDetector } from "@vicinity/dinat";
 * import type { WeightSource } from "@vicinity/checkpoint";
 * import { open } from "@vicinity/tensor";
 * import { pasteMask, type RgbPicture } from "@vicinity/vision";
 *
 * async function outlines(weights: WeightSource, config: DinatDetectorConfig, photo: RgbPicture) {
 *   using gpu = await open();
 *   using detector = await DinatDetector.load(gpu, weights, config);
 *   for (const { classId, score, box, mask } of await detector.detect(photo)) {
 *     console.log(classId, score, box, mask && pasteMask(mask, box, photo).data.length);
 *   }
 * }
 * console.assert(outlines.length === 3);
 * ```
 */
export class DinatDetector {
  /** Extents and rules. */
  readonly config: DinatDetectorConfig;
  readonly #gpu: Gpu;
  readonly #parameters: Parameters;
  readonly #network: TwoStageDinat;
  #plan: DetectorPlan | undefined;

  private constructor(
    config: DinatDetectorConfig,
    parameters: Parameters,
    network: TwoStageDinat,
  ) {
    this.config = config;
    this.#gpu = parameters.gpu;
    this.#parameters = parameters;
    this.#network = network;
  }

  /**
   * Checks and loads the weights.
   *
   * @param gpu Where the network lives.
   * @param source Weights by their official names.
   * @param config Extents and rules, for example one of `DETECTORS`.
   * @param options Progress and cancellation.
   * @returns The detector; dispose of it to free its memory.
   * @throws {CheckpointError} If the weights are not those of this network.
   */
  static async load(
    gpu: Gpu,
    source: WeightSource,
    config: DinatDetectorConfig,
    options: DetectorLoadOptions = {},
  ): Promise<DinatDetector> {
    const parameters = new Parameters(gpu);
    const store = WeightStore.over(source);
    const network = new TwoStageDinat(parameters, store, config);
    store.finish();
    try {
      await parameters.load(options);
    } catch (error) {
      parameters.dispose();
      throw error;
    }
    return new DinatDetector(config, parameters, network);
  }

  /**
   * Finds things; the GPU is waited for once.
   *
   * @param photo The photograph.
   * @returns Detections, best first.
   */
  async detect(photo: RgbPicture): Promise<Detection[]> {
    const input = preprocessDetection(photo, this.config.input);
    const { boxes, scores, classIds, masks } = this.#run(input);
    const read = await this.#gpu.read([boxes, scores, classIds, ...(masks ? [masks] : [])]);
    const [corners = [], likely = [], which = [], outlines] = read;
    const side = masks?.shape[1] ?? 0;
    const found: Detection[] = [];
    for (const [index, score] of [...likely].entries()) {
      if (score <= NOTHING) break;
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners.slice(4 * index, 4 * index + 4);
      const mask = outlines?.slice(index * side ** 2, (index + 1) * side ** 2);
      found.push({
        classId: which[index] ?? 0,
        score,
        box: [x1, y1, x2, y2],
        ...(mask instanceof Float32Array ? { mask: { side, probabilities: mask } } : {}),
      });
    }
    return found;
  }

  #run({ height, width, values, resized, scaleFactor }: DetectionInput): Outputs {
    return this.#planFor(height, width).run({
      x: values,
      clip: Float32Array.from(resized),
      scale: Float32Array.from(scaleFactor),
    });
  }

  #planFor(height: number, width: number): DetectorPlan {
    const name = `detect in ${width} × ${height}`;
    if (this.#plan?.name === name) return this.#plan;
    this.#plan?.dispose();
    this.#plan = this.#gpu.plan({
      name,
      inputs: { x: { shape: [1, height, width, 3] }, clip: { shape: [2] }, scale: { shape: [4] } },
      run: ({ x, clip, scale }): Outputs => {
        const { boxes, scores, classIds, masks } =
          this.#network.forward(x, { clip, scale }).detections;
        return { boxes, scores, classIds, ...(masks ? { masks } : {}) };
      },
    });
    return this.#plan;
  }

  /** Frees the weights and the program. */
  dispose(): void {
    this.#plan?.dispose();
    this.#plan = undefined;
    this.#parameters.dispose();
  }

  /** Same as {@link DinatDetector.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
