/** The network as programs for each partition, kept for the next picture of the same. */
import { concat, type Gpu, packSamples, type Plan, reshape, type Tensor } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import type { RelayFormer } from "./model.ts";
import type { Partition } from "./partition.ts";
import { type Alignment, enlargeMasks, type Plane } from "./post.ts";
import { canvasBytes } from "./pre.ts";

/** Programs that are kept: the partitions of a canvas of 2 × 2 tiles. */
const KEPT = 4;

type ClipPlan = Plan<"bytes", { logits: Tensor }>;

/** Runs a network over clips on the canvas. */
export class ClipPlans {
  readonly #gpu: Gpu;
  readonly #network: RelayFormer;
  readonly #plans = new Map<string, ClipPlan>();

  /** Traces nothing yet. */
  constructor(gpu: Gpu, network: RelayFormer) {
    this.#gpu = gpu;
    this.#network = network;
  }

  /**
   * The program for a partition.
   *
   * @param cut How each frame is cut.
   * @param frames Frames of a clip.
   * @param alignment Where masks come to lie.
   * @returns The program; it belongs to this.
   * @throws {OutOfMemoryError} If the budget is too small for it.
   */
  plan(cut: Partition, frames: number, alignment: Alignment): ClipPlan {
    const [rows, cols] = cut.map;
    const key = `${frames} of ${cut.grid.join("x")} tiles, ${alignment}`;
    const known = this.#plans.get(key);
    this.#plans.delete(key);
    const plan = known ?? this.#gpu.plan({
      name: `localize ${key}`,
      inputs: { bytes: { shape: [frames * rows * cols * 16 * 16 * 3 / 4], dtype: "u32" } },
      run: ({ bytes }) => {
        const { frames: decoded } = this.#network.forward(bytes, cut, frames);
        const maps = decoded.map(({ mask }) => reshape(mask, [1, ...mask.shape, 1]));
        return { logits: enlargeMasks(concat(maps, 0), cut, alignment) };
      },
    });
    this.#plans.set(key, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > KEPT && oldest !== undefined) {
      this.#plans.get(oldest)?.dispose();
      this.#plans.delete(oldest);
    }
    return plan;
  }

  /**
   * Looks at a clip.
   *
   * @param pictures One placed picture a frame, all of one size.
   * @param cut Their tiles.
   * @param alignment Where masks come to lie.
   * @returns Logits of each frame, from the upper left corner of the canvas.
   */
  async run(
    pictures: readonly RgbPicture[],
    cut: Partition,
    alignment: Alignment,
  ): Promise<Plane[]> {
    const plan = this.plan(cut, pictures.length, alignment);
    const { logits } = plan.run({ bytes: packSamples(canvasBytes(pictures, cut)) });
    const [, height = 0, width = 0] = logits.shape;
    const [values = new Float32Array()] = await this.#gpu.read([logits]);
    const area = height * width;
    return pictures.map((_, frame) => ({
      width,
      height,
      values: new Float32Array(values.slice(frame * area, (frame + 1) * area)),
    }));
  }

  /** Frees the programs; the network belongs to the caller. */
  dispose(): void {
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
  }
}
