/** Looking for NaN and infinity. */
import { NumericError } from "../errors.ts";
import type { Dispatch } from "../gpu/dispatch.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { finite, FINITE_WORDS, finiteGrid } from "../kernels/finite.ts";
import { bytesOf, sizeOf, type Tensor } from "../tensor.ts";
import { isFloat } from "./dtype.ts";

/**
 * Throws if a tensor holds NaN or infinity; one wait for all of them.
 *
 * @param tensors f32 or f16 tensors by the names that the error may use, in the order of their
 *   computation: the first bad one is named.
 * @throws {NumericError} If a value is NaN or infinite.
 *
 * @example
 * ```ts
 * import { checkFinite, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2], new Float32Array([1, 2]));
 * await checkFinite({ x });
 * ```
 */
export async function checkFinite(tensors: Readonly<Record<string, Tensor>>): Promise<void> {
  const entries = Object.entries(tensors).filter(([, tensor]) => isFloat(tensor.dtype));
  const [first] = entries;
  if (!first) return;
  const { gpu } = first[1];
  const counts = await readCounts(gpu, entries.map(([, tensor]) => tensor));
  entries.forEach(([name, tensor], index) => requireFinite(name, tensor, counts[index] ?? []));
}

/**
 * Throws if the counts of a tensor say that it holds NaN or infinity.
 *
 * @param name What the error calls it.
 * @param tensor The tensor that was counted.
 * @param counts What {@link countNonFinite} found, on the host.
 * @throws {NumericError} If a value is NaN or infinite.
 */
export function requireFinite(
  name: string,
  { shape, dtype }: Pick<Tensor, "shape" | "dtype">,
  counts: ArrayLike<number>,
): void {
  const { 0: bad = 0, 1: place = 0 } = counts;
  if (bad === 0) return;
  const element = (~place >>> 0) * (dtype === "f16" ? 2 : 1);
  throw new NumericError(
    name,
    `Cannot use ${name} [${shape}]: ${bad} values are NaN or infinite, the first at element ` +
      `${element}. Check what it was computed from.`,
  );
}

/** The scope ends before the wait, in which others make their tensors. */
function readCounts(gpu: Gpu, tensors: readonly Tensor[]): ReturnType<Gpu["read"]> {
  using _scope = gpu.scope();
  return gpu.read(tensors.map((tensor) => countNonFinite(tensor)));
}

/**
 * Counts NaN and infinities, without a wait: inside plans, and read with their other results.
 *
 * @param tensor f32 or f16.
 * @returns u32 `[2]` for {@link requireFinite}.
 */
export function countNonFinite(tensor: Tensor): Tensor {
  const { gpu } = tensor;
  const found = gpu.empty([2], "u32");
  gpu.clear(found);
  gpu.dispatch(finiteDispatch(tensor, found));
  return found;
}

/**
 * The call that looks at a tensor.
 *
 * @param tensor f32 or f16.
 * @param found u32 `[2]`, see {@link finite}.
 * @param operation Number of the operation that wrote it; bad words are counted when absent.
 * @returns The call.
 */
export function finiteDispatch(tensor: Tensor, found: Tensor, operation?: number): Dispatch {
  const words = Math.ceil(bytesOf(tensor.shape, tensor.dtype) / 4);
  const spec = { half: tensor.dtype === "f16", first: operation !== undefined };
  return {
    kernel: tensor.gpu.kernel("finite", spec, finite),
    tensors: [tensor, found],
    params: [words, sizeOf(tensor.shape), operation ?? 0],
    grid: finiteGrid(words),
    iterations: FINITE_WORDS,
  };
}
