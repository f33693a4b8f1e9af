/** Benchmarks of operations: wall time with one wait for the device. */
import type { Gpu } from "../gpu/gpu.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { testValues } from "./close.ts";

/** A tensor of test values for benchmarks. */
export function benchValues(gpu: Gpu, shape: readonly number[]): Tensor {
  return gpu.tensor(shape, testValues(sizeOf(shape), 1));
}

/**
 * Registers a benchmark; those whose names begin with the same word are compared.
 *
 * @param gpu The context.
 * @param name What is measured.
 * @param run Records the operation and gives its result.
 */
export function benchOperation(gpu: Gpu, name: string, run: () => Tensor): void {
  Deno.bench(name, { group: name.split(" ")[0] ?? name }, async () => {
    using _scope = gpu.scope();
    // Only the first values are read, so that the transfer does not count.
    await gpu.read([{ ...run(), shape: [4] }]);
  });
}
