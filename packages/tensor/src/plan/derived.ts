/** Tensors that a plan makes once instead of in every run. */
import type { Gpu } from "../gpu/gpu.ts";
import type { Tensor } from "../tensor.ts";

/**
 * A tensor that follows from others which never change, such as weights. While a plan is traced it is
 * filled at once and is a constant of the plan.
 *
 * @param gpu The context.
 * @param from What it follows from. Where the plan itself makes one of them, it fills the tensor in every
 *   run.
 * @param shape Extents; its elements are f32.
 * @param fill Records the operations that fill it.
 * @returns The tensor.
 *
 * @example
 * ```ts
 * import { derived, open, pointwise } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const weight = gpu.tensor([2], Float32Array.of(3, 4));
 * using plan = gpu.plan({
 *   name: "sum",
 *   inputs: { x: { shape: [2] } },
 *   run: ({ x }) => {
 *     const table = derived(gpu, [weight], [2], (table) => gpu.copy(weight, table));
 *     return { y: pointwise("a + b", { a: x, b: table }) };
 *   },
 * });
 * const [y = []] = await gpu.read([plan.run({ x: Float32Array.of(1, 1) }).y]);
 * assert.deepEqual([...y], [4, 5]);
 * ```
 */
export function derived(
  gpu: Gpu,
  from: readonly Tensor[],
  shape: readonly number[],
  fill: (tensor: Tensor) => void,
): Tensor {
  const { tracer } = gpu;
  if (!tracer || from.some(({ storage }) => tracer.owns(storage))) {
    const tensor = gpu.empty(shape);
    fill(tensor);
    return tensor;
  }
  const tensor = gpu.persistent(shape);
  tracer.constants.push(tensor.storage);
  gpu.trace(null, () => {
    using _scope = gpu.scope();
    fill(tensor);
  });
  return tensor;
}
