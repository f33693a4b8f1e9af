/** The network's plans: one for blocks of points, a few for voxels, one for the map. */
import { type Gpu, NO_ROW, type Plan, type Tensor } from "@vicinity/tensor";
import type { DsvtConfig, Xyz } from "./config.ts";
import { gridOf } from "./grid.ts";
import { inputLayer, type StageInput } from "./input_layer.ts";
import type { Dsvt } from "./model.ts";
import { PointEncoder } from "./point_encoder.ts";
import type { PointRows } from "./point_rows.ts";
import { type PreparedTransformer, TransformerPlans } from "./transformer_plans.ts";
import { voxelise, type Voxels } from "./voxelise.ts";

/** Voxels that a plan of the map has room for at least. */
const LEAST_ROWS = 4096;

/** A scan's points in cells, and the sets of the cells. */
export interface VoxelisedScan {
  /** All points. */
  readonly rows: PointRows;
  /** Occupied cells. */
  readonly voxels: Voxels;
  /** Sets of every stage; none where no cell is occupied. */
  readonly stages: readonly StageInput[];
}

/** Runs a network over scans without compiling or allocating for every scan. */
export class DsvtPlans implements Disposable {
  readonly #gpu: Gpu;
  readonly #network: Dsvt;
  readonly #config: DsvtConfig;
  readonly #grid: Xyz;
  readonly #points: PointEncoder;
  readonly #transformer: TransformerPlans;
  readonly #pixels: Uint32Array<ArrayBuffer>;
  #map: { readonly rows: number; readonly plan: MapPlan } | undefined;

  /**
   * Wraps a network; no plan is made yet.
   *
   * @param gpu Where it runs.
   * @param network The network.
   * @param config The detector.
   */
  constructor(gpu: Gpu, network: Dsvt, config: DsvtConfig) {
    this.#gpu = gpu;
    this.#network = network;
    this.#config = config;
    this.#grid = gridOf(config);
    this.#points = new PointEncoder(gpu, network.vfe, config);
    this.#transformer = new TransformerPlans(gpu, network.backbone3d, config.transformer);
    this.#pixels = new Uint32Array(this.#grid[0] * this.#grid[1]);
  }

  /**
   * Sorts points into cells and cells into sets, on the host.
   *
   * @param rows Points of one scan.
   * @returns Cells and sets.
   */
  voxelise(rows: PointRows): VoxelisedScan {
    const { vfe, transformer, maskZ } = this.#config;
    const mask = maskZ ? "xyz" : "xy";
    const voxels = voxelise(rows, { ...this.#config, cells: vfe.cells, mask });
    const stages = voxels.count === 0 ? [] : inputLayer(voxels.coords, transformer, this.#grid);
    return { rows, voxels, stages };
  }

  /**
   * Features of the cells.
   *
   * @param scan A scan with occupied cells.
   * @returns The transformer, with the features in place.
   * @throws {CrowdedCellError} If a cell has too many points.
   */
  encode(scan: VoxelisedScan): PreparedTransformer {
    const prepared = this.#transformer.prepare(scan.stages);
    this.#points.encode(scan.rows, scan.voxels, prepared.x);
    return prepared;
  }

  /**
   * Looks from above.
   *
   * @param scan The scan.
   * @param voxels `[voxels of the last stage or more, channels]`.
   * @returns What the head says, valid until the next run.
   */
  look(scan: VoxelisedScan, voxels: Tensor): Record<string, Tensor> {
    const coords = scan.stages.at(-1)?.coords ?? new Int32Array(0);
    const count = coords.length / 4;
    const [nx] = this.#grid;
    this.#pixels.fill(NO_ROW);
    for (let row = 0; row < count; row++) {
      const [y = 0, x = 0] = [coords[4 * row + 2], coords[4 * row + 3]];
      this.#pixels[y * nx + x] = row;
    }
    const plan = this.#mapPlan(count);
    this.#gpu.copy(voxels, plan.inputs.voxels, { count: count * (voxels.shape[1] ?? 0) });
    return plan.run({ pixels: this.#pixels });
  }

  #mapPlan(count: number): MapPlan {
    if (this.#map && this.#map.rows >= count) return this.#map.plan;
    // Forgotten at once: where there is no memory for the larger one, the next scan makes its own.
    this.#map?.plan.dispose();
    this.#map = undefined;
    const rows = 2 ** Math.ceil(Math.log2(Math.max(count, LEAST_ROWS)));
    const channels = this.#config.transformer.stages.at(-1)?.channels ?? 0;
    const plan = this.#gpu.plan({
      name: `map ${this.#grid}`,
      inputs: {
        voxels: { shape: [rows, channels] },
        pixels: { shape: [1, this.#grid[1], this.#grid[0]], dtype: "u32" },
      },
      run: ({ voxels, pixels }) => this.#network.look(voxels, pixels).outputs,
    });
    this.#map = { rows, plan };
    return plan;
  }

  /** Frees the plans. */
  dispose(): void {
    this.#points.dispose();
    this.#transformer.dispose();
    this.#map?.plan.dispose();
    this.#map = undefined;
  }

  /** Same as {@link DsvtPlans.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

type MapPlan = Plan<"voxels" | "pixels", Record<string, Tensor>>;
