/** The stages of a scan as inputs of a plan. */
import type { InputSpec, Tensor } from "@vicinity/tensor";
import type { StageConfig } from "./config.ts";
import type { SetPartition, StageInput } from "./input_layer.ts";
import type { StageCapacity } from "./stage_capacity.ts";
import type { StageTensors } from "./voxel_transformer.ts";

/** What the inputs have to know of the stages. */
export type StageStrides = readonly Pick<StageConfig, "stride">[];

function slotsOf({ stride }: Pick<StageConfig, "stride">): number {
  return stride ? stride.reduce((product, step) => product * step, 1) : 0;
}

/**
 * Shapes of the inputs.
 *
 * @param stages The stages.
 * @param capacity Room of each.
 * @returns Specs by name.
 */
export function stageSpecs(
  stages: StageStrides,
  capacity: readonly StageCapacity[],
): Record<string, InputSpec> {
  const specs: Record<string, InputSpec> = {};
  for (const [index, { rows, sets }] of capacity.entries()) {
    const list = (name: string, ...shape: number[]) =>
      specs[`${name} ${index}`] = { shape, dtype: "u32" };
    for (const shift of [0, 1] as const) {
      list(`order ${shift} y`, rows);
      list(`order ${shift} x`, rows);
      list(`starts ${shift}`, sets[shift] + 1);
      list(`places ${shift}`, rows);
    }
    const slots = slotsOf(stages[index] ?? {});
    if (slots === 0) continue;
    list("children", capacity[index + 1]?.rows ?? 0, slots);
    list("slots", rows + slots);
  }
  return specs;
}

/**
 * The inputs as the transformer takes them.
 *
 * @param inputs Tensors by the names of {@link stageSpecs}.
 * @param stages The stages.
 * @returns What each stage sees.
 */
export function stageTensors(
  inputs: Readonly<Record<string, Tensor>>,
  stages: StageStrides,
): StageTensors[] {
  const named = (name: string): Tensor => {
    const tensor = inputs[name];
    if (!tensor) throw new TypeError(`Cannot transform voxels: the plan has no input ${name}.`);
    return tensor;
  };
  return stages.map((stage, index) => {
    const partition = (shift: 0 | 1) => ({
      orders: [
        named(`order ${shift} y ${index}`),
        named(`order ${shift} x ${index}`),
      ] as const,
      starts: named(`starts ${shift} ${index}`),
      places: named(`places ${shift} ${index}`),
    });
    const shifts = [partition(0), partition(1)] as const;
    if (!stage.stride) return { shifts };
    const pooling = { children: named(`children ${index}`), slots: named(`slots ${index}`) };
    return { shifts, pooling };
  });
}

/**
 * Values of the inputs for a scan. Behind its last voxel there are empty sets and empty slots.
 *
 * @param inputs The scan.
 * @param stages The stages.
 * @param capacity Room of each.
 * @returns Values by the names of {@link stageSpecs}.
 */
export function stageValues(
  inputs: readonly StageInput[],
  stages: StageStrides,
  capacity: readonly StageCapacity[],
): Record<string, Uint32Array<ArrayBuffer>> {
  const values: Record<string, Uint32Array<ArrayBuffer>> = {};
  for (const [index, input] of inputs.entries()) {
    const { rows = 0, sets = [0, 0] } = capacity[index] ?? {};
    for (const shift of [0, 1] as const) {
      const { orders, starts, places } = input.shifts[shift];
      values[`order ${shift} y ${index}`] = padded(orders[0], rows, 0);
      values[`order ${shift} x ${index}`] = padded(orders[1], rows, 0);
      values[`starts ${shift} ${index}`] = padded(starts, sets[shift] + 1, lastOf(starts));
      values[`places ${shift} ${index}`] = padded(places, rows, 0);
    }
    const slots = slotsOf(stages[index] ?? {});
    if (!input.pooling || slots === 0) continue;
    const { parents, slots: own } = input.pooling;
    const children = new Uint32Array((capacity[index + 1]?.rows ?? 0) * slots);
    for (let at = 0; at < children.length; at++) children[at] = rows + at % slots;
    for (const [voxel, parent] of parents.entries()) {
      children[parent * slots + (own[voxel] ?? 0)] = voxel;
    }
    values[`children ${index}`] = children;
    const numbered = padded(own, rows + slots, 0);
    for (let slot = 0; slot < slots; slot++) numbered[rows + slot] = slot;
    values[`slots ${index}`] = numbered;
  }
  return values;
}

function lastOf(starts: SetPartition["starts"]): number {
  return starts.at(-1) ?? 0;
}

function padded(values: Uint32Array, length: number, rest: number): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(length).fill(rest, values.length);
  all.set(values);
  return all;
}
