/** From points to features of cells, block by block with plans of few sizes. */
import type { Gpu, Plan, Tensor } from "@vicinity/tensor";
import type { DsvtConfig } from "./config.ts";
import { type BlockExtents, pointBlocks, pointWidth } from "./point_features.ts";
import type { DynamicVfe } from "./vfe.ts";
import type { PointRows } from "./point_rows.ts";
import type { Voxels } from "./voxelise.ts";

/** Fewest and most points of a block, powers of two. */
const BLOCK_ROWS = { least: 1024, most: 32768 };
/** Points of a block for each cell of it; fuller cells leave room in a block, emptier ones points. */
const ROWS_PER_VOXEL = 4;

type BlockPlan = Plan<"features" | "starts" | "owners", { y: Tensor }>;

/**
 * Runs a {@link DynamicVfe}. However many points a scan has, they go through a plan of one size: memory
 * and the largest tensor do not grow with them.
 */
export class PointEncoder implements Disposable {
  readonly #gpu: Gpu;
  readonly #network: DynamicVfe;
  readonly #config: Pick<DsvtConfig, "range" | "voxelSize" | "vfe" | "features">;
  readonly #plans = new Map<number, BlockPlan>();

  /**
   * Wraps a network; no plan is made yet.
   *
   * @param gpu Where it runs.
   * @param network Its layers.
   * @param config Grid and features.
   */
  constructor(
    gpu: Gpu,
    network: DynamicVfe,
    config: Pick<DsvtConfig, "range" | "voxelSize" | "vfe" | "features">,
  ) {
    this.#gpu = gpu;
    this.#network = network;
    this.#config = config;
  }

  /**
   * Encodes cells.
   *
   * @param rows The points.
   * @param voxels Their cells.
   * @param target `[cells or more, channels]`; its first rows are overwritten.
   * @throws {CrowdedCellError} If a cell has more distinct points than a block.
   */
  encode(rows: PointRows, voxels: Voxels, target: Tensor): void {
    const extents = extentsFor(voxels.points.length);
    const channels = target.shape[1] ?? 0;
    for (const block of pointBlocks(rows, voxels, this.#config, extents)) {
      const { features, starts, owners } = block;
      const { y } = this.#plan(extents).run({ features, starts, owners });
      this.#gpu.copy(y, target, {
        toStart: block.firstVoxel * channels,
        count: block.voxels * channels,
      });
    }
  }

  #plan(extents: BlockExtents): BlockPlan {
    const known = this.#plans.get(extents.rows);
    if (known) return known;
    const { vfe, features } = this.#config;
    const width = Math.ceil(pointWidth(vfe, features.length) / 4) * 4;
    const plan: BlockPlan = this.#gpu.plan({
      name: `points ${extents.rows}`,
      inputs: {
        features: { shape: [extents.rows, width] },
        starts: { shape: [extents.voxels + 1], dtype: "u32" },
        owners: { shape: [extents.rows], dtype: "u32" },
      },
      run: (points) => ({ y: this.#network.forward(points) }),
    });
    this.#plans.set(extents.rows, plan);
    return plan;
  }

  /** Frees the plans. */
  dispose(): void {
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
  }

  /** Same as {@link PointEncoder.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Blocks of the next power of two for few points, of the largest size for many. */
function extentsFor(points: number): BlockExtents {
  let rows = BLOCK_ROWS.least;
  while (rows < Math.min(points, BLOCK_ROWS.most)) rows *= 2;
  return { rows, voxels: rows / ROWS_PER_VOXEL };
}
