/** Plans of a {@link VoxelTransformer} for scans of different sizes. */
import { type Gpu, GpuLimitError, type Plan, type Tensor } from "@vicinity/tensor";
import type { TransformerConfig } from "./config.ts";
import type { StageInput } from "./input_layer.ts";
import { capacityFor, type StageCapacity, suits } from "./stage_capacity.ts";
import { stageSpecs, stageTensors, stageValues } from "./stage_inputs.ts";
import type { VoxelTransformer } from "./voxel_transformer.ts";

/** Plans that are kept; their memory is shared. */
const KEPT_PLANS = 4;

/** A plan with its room. */
interface SizedPlan {
  readonly capacity: readonly StageCapacity[];
  readonly plan: Plan<string, { y: Tensor }>;
}

/** A plan that is ready for a scan. */
export interface PreparedTransformer {
  /** Where the features of the scan's voxels go, `[voxels or more, channels]`. */
  readonly x: Tensor;
  /**
   * Transforms them.
   *
   * @returns `[voxels of the last stage or more, channels]`, valid until the next run.
   */
  run(): Tensor;
}

/** Runs the transformer; a plan serves scans of about one size. */
export class TransformerPlans implements Disposable {
  readonly #gpu: Gpu;
  readonly #network: VoxelTransformer;
  readonly #config: TransformerConfig;
  #plans: SizedPlan[] = [];

  /**
   * Wraps a network; no plan is made yet.
   *
   * @param gpu Where it runs.
   * @param network Its blocks.
   * @param config The stages.
   */
  constructor(gpu: Gpu, network: VoxelTransformer, config: TransformerConfig) {
    this.#gpu = gpu;
    this.#network = network;
    this.#config = config;
  }

  /** Number of plans that are kept. */
  get count(): number {
    return this.#plans.length;
  }

  /**
   * Prepares a plan for a scan.
   *
   * @param stages The scan's voxels, stage by stage.
   * @returns The plan.
   * @throws {OutOfMemoryError} If the budget is too small for the scan.
   * @throws {GpuLimitError} If the adapter cannot bind as many voxels.
   */
  prepare(stages: readonly StageInput[]): PreparedTransformer {
    const { capacity, plan } = this.#planFor(stages);
    const x = plan.inputs["x"];
    if (!x) throw new TypeError("Cannot transform voxels: the plan has no features.");
    const run = () => plan.run(stageValues(stages, this.#config.stages, capacity)).y;
    return { x, run };
  }

  #planFor(stages: readonly StageInput[]): SizedPlan {
    const known = this.#plans.find(({ capacity }) => suits(capacity, stages)) ??
      this.#trace(capacityFor(stages));
    this.#plans = [known, ...this.#plans.filter((other) => other !== known)];
    for (const { plan } of this.#plans.splice(KEPT_PLANS)) plan.dispose();
    return known;
  }

  #trace(capacity: readonly StageCapacity[]): SizedPlan {
    const { stages } = this.#config;
    const rows = capacity[0]?.rows ?? 0;
    const channels = stages[0]?.channels ?? 0;
    const plan = this.#gpu.plan({
      name: `voxels ${capacity.map(({ rows }) => rows)}`,
      inputs: { x: { shape: [rows, channels] }, ...stageSpecs(stages, capacity) },
      run: (inputs: Readonly<Record<string, Tensor>>) => {
        const { x } = inputs;
        if (!x) throw new TypeError("Cannot transform voxels: the plan has no features.");
        const features = this.#network.forward(x, stageTensors(inputs, stages));
        const y = features.at(-1)?.blocks.at(-1);
        if (!y) throw new TypeError("Cannot transform voxels: there are no blocks.");
        return { y };
      },
    });
    const { maxStorageBufferBindingSize: most } = this.#gpu.caps.limits;
    if (plan.largestBinding > most) {
      plan.dispose();
      throw new GpuLimitError(`a scan of ${rows} voxels`, plan.largestBinding, most);
    }
    // Scans leave rows behind their voxels as they are, and what these hold is computed with too.
    if (plan.inputs["x"]) this.#gpu.clear(plan.inputs["x"]);
    return { capacity, plan };
  }

  /** Frees the plans. */
  dispose(): void {
    for (const { plan } of this.#plans) plan.dispose();
    this.#plans = [];
  }

  /** Same as {@link TransformerPlans.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
