/** The library's way in to detection in LiDAR scans: points in, boxes in space out. */
import {
  type Checkpoint,
  type LoadedNetwork,
  loadNetwork,
  type NetworkOptions,
  readCheckpoint,
  type Source,
} from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { classesOf, type ClassInfo, type ScoredBox3d, Turns } from "@vicinity/vision";
import type { DsvtConfig } from "./config.ts";
import { describeLidarDetector, type DetectorHint } from "./describe.ts";
import { DsvtPlans } from "./dsvt_plans.ts";
import { gridOf } from "./grid.ts";
import type { LidarScan } from "./lidar_scan.ts";
import { Dsvt } from "./model.ts";
import { pointRows } from "./point_rows.ts";

/** Options of {@link LidarDetector.load}. */
export interface LidarDetectorOptions extends NetworkOptions, DetectorHint {
  /** The model file. */
  readonly weights: Source | Checkpoint;
}

/**
 * A part of a run: `voxelise` sorts points into cells and sets, `points` makes features of cells,
 * `sets` is the transformer, `map` convolutions and head, `boxes` decoding and suppression.
 */
export type RunStage = "voxelise" | "points" | "sets" | "map" | "boxes";

/** Options of {@link LidarDetector.run}. */
export interface LidarRunOptions {
  /** Only boxes with a higher score; the model's own threshold holds in any case. */
  readonly scoreThreshold?: number | undefined;
  /** Which overlaps lead to suppression: `official` as published, `correct` the exact ones. */
  readonly nms?: "official" | "correct" | undefined;
  /** Called after each part with its milliseconds; the GPU is then waited for between parts. */
  readonly onStage?: ((stage: RunStage, milliseconds: number) => void) | undefined;
}

/**
 * Detection in scans of any number of points. Scans are given in the axes, heights and units that the
 * detector was trained with, see `config.frame`.
 *
 * @example
 * ```ts
 * import { findModel } from "@vicinity/checkpoint";
 * import { openModel } from "@vicinity/checkpoint/deno";
 * import { LidarDetector, type LidarScan } from "@vicinity/dsvt";
 *
 * async function boxes(scan: LidarScan) {
 *   using weights = await openModel(findModel("dsvt-mini"));
 *   using detector = await LidarDetector.load({ weights });
 *   return (await detector.run(scan)).map(({ classId, score, center, size, heading }) => ({
 *     name: detector.classes[classId]?.name,
 *     score,
 *     center,
 *     size,
 *     heading,
 *   }));
 * }
 * ```
 */
export class LidarDetector implements Disposable {
  /** Names and colours of the classes, in order. */
  readonly classes: readonly ClassInfo[];
  /** What the file says of the detector. */
  readonly config: DsvtConfig;
  readonly #loaded: LoadedNetwork<Dsvt>;
  readonly #plans: DsvtPlans;
  readonly #timed = new Turns();

  private constructor(loaded: LoadedNetwork<Dsvt>, config: DsvtConfig) {
    this.classes = classesOf(config.classes);
    this.config = config;
    this.#loaded = loaded;
    this.#plans = new DsvtPlans(loaded.gpu, loaded.network, config);
  }

  /**
   * Loads a model.
   *
   * @param options The model file, what it is if it does not say so, and where it runs.
   * @returns The detector; dispose it with `using` or {@link LidarDetector.dispose}.
   * @throws {CheckpointError} If the file is damaged or of another network.
   * @throws {ConfigError} If its configuration contradicts itself.
   * @throws {GpuUnavailableError} If there is no WebGPU adapter.
   */
  static async load(options: LidarDetectorOptions): Promise<LidarDetector> {
    const checkpoint = await readCheckpoint(options.weights);
    const config = describeLidarDetector(checkpoint, options);
    const loaded = await loadNetwork(
      checkpoint,
      (parameters, store) => new Dsvt(parameters, store, config),
      options,
    );
    return new LidarDetector(loaded, config);
  }

  /**
   * Finds things; the GPU is waited for once. Runs may overlap.
   *
   * @param scan Points; features that the detector knows and the scan lacks are 0.
   * @param options Threshold, suppression, times.
   * @returns Boxes in the scan's frame, class by class with the published heads; none for a scan
   * without points in the range.
   * @throws {ShapeError} If the lists of the scan are not of one length.
   * @throws {CrowdedCellError} If a cell has too many points.
   * @throws {OutOfMemoryError} If the budget is too small for the scan.
   */
  async run(scan: LidarScan, options: LidarRunOptions = {}): Promise<ScoredBox3d[]> {
    // A timed run waits while its features are in the plans, where no other one may write then.
    if (options.onStage === undefined && !this.#timed.busy) return await this.#find(scan, options);
    return await this.#timed.take(() => this.#find(scan, options));
  }

  /** Without a clock, all up to the reading is done before anything else of the program goes on. */
  async #find(
    scan: LidarScan,
    { scoreThreshold = -Infinity, nms, onStage }: LidarRunOptions,
  ): Promise<ScoredBox3d[]> {
    const clock = onStage && new StageClock(onStage);
    const voxelised = this.#plans.voxelise(pointRows(scan, this.config));
    if (clock) await clock.stop("voxelise");
    if (voxelised.voxels.count === 0) return [];
    const transformer = this.#plans.encode(voxelised);
    if (clock) await clock.stop("points", transformer.x);
    const voxels = transformer.run();
    if (clock) await clock.stop("sets", voxels);
    const outputs = this.#plans.look(voxelised, voxels);
    const values = await this.#loaded.gpu.read(Object.values(outputs));
    if (clock) await clock.stop("map");
    const [columns] = gridOf(this.config);
    const boxes = this.#loaded.network.denseHead.decode(
      Object.fromEntries(Object.keys(outputs).map((name, at) => [name, values[at] ?? []])),
      { columns: columns / this.config.head.stride, nms },
    ).filter(({ score }) => score > scoreThreshold);
    if (clock) await clock.stop("boxes");
    return boxes;
  }

  /** Frees the network and its programs, and the context if the detector opened it. */
  dispose(): void {
    this.#plans.dispose();
    this.#loaded.dispose();
  }

  /** Same as {@link LidarDetector.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Tells how long the parts of a run took. */
class StageClock {
  readonly #onStage: NonNullable<LidarRunOptions["onStage"]>;
  #start = performance.now();

  constructor(onStage: NonNullable<LidarRunOptions["onStage"]>) {
    this.#onStage = onStage;
  }

  /** Ends a part, when its result is there. */
  async stop(stage: RunStage, result?: Tensor): Promise<void> {
    if (result) await result.gpu.read([{ ...result, shape: [1] }]);
    const now = performance.now();
    this.#onStage(stage, now - this.#start);
    this.#start = now;
  }
}
