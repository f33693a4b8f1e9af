/**
 * Makes times of kernels comparable on GPUs, whose clocks rise only under load.
 *
 * @module
 */
import { type Gpu, matmul } from "@vicinity/tensor";

const SIDE = 1024;
const PRODUCTS_AT_ONCE = 50;

/**
 * Keeps a GPU busy until its clock has risen: on an idle card kernels look three to six times slower.
 * CPU adapters need no such thing.
 *
 * @param gpu The context.
 * @param milliseconds How long.
 */
export async function warmUp(gpu: Gpu, milliseconds = 300): Promise<void> {
  if (gpu.caps.isCpu) return;
  using _scope = gpu.scope();
  const x = gpu.tensor([SIDE, SIDE], new Float32Array(SIDE ** 2));
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    using _products = gpu.scope();
    for (let product = 1; product < PRODUCTS_AT_ONCE; product++) matmul(x, x);
    await gpu.read([{ ...matmul(x, x), shape: [4] }]);
  }
}
