import { type Gpu, open } from "@vicinity/tensor";
import { Parameters } from "./parameters.ts";
import type { Precision } from "./precision.ts";
import type { WeightSource, WeightTensor } from "./weight_source.ts";
import { type LoadProgress, WeightStore } from "./weight_store.ts";

/** Where a network is loaded to. */
export interface NetworkOptions {
  /** A context to run on; the network opens its own when absent. */
  readonly gpu?: Gpu | undefined;
  /** Bytes of GPU memory that a context of its own may use. */
  readonly budgetBytes?: number | undefined;
  /** How weights are kept on the GPU; `auto` when absent. */
  readonly dtype?: Precision | undefined;
  /** Called after each weight. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Stops loading. */
  readonly signal?: AbortSignal | undefined;
}

/** Declares a network and the weights that it needs. */
export type NetworkBuilder<Network> = (parameters: Parameters, store: WeightStore) => Network;

/** A network whose weights are on the GPU. */
export interface LoadedNetwork<Network> extends Disposable {
  /** Where it runs. */
  readonly gpu: Gpu;
  /** The network. */
  readonly network: Network;
  /** Frees the weights, and the context if it was opened for the network. */
  dispose(): void;
}

/**
 * Builds a network and brings its weights to the GPU; nothing is uploaded before all of them fit.
 *
 * @param weights The weights, by the names that the network asks for.
 * @param build Declares the network.
 * @param options Where to, progress, cancellation.
 * @returns The network; dispose it.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` with every key that is missing, unexpected or of
 * another shape.
 * @throws {GpuUnavailableError} If there is no WebGPU adapter.
 *
 * @example
 * ```ts
 * import { type Checkpoint, loadNetwork } from "@vicinity/checkpoint";
 *
 * async function biasOf(weights: Checkpoint) {
 *   using loaded = await loadNetwork(
 *     weights,
 *     (parameters, store) => parameters.vector(store, "bias", [2]),
 *   );
 *   return loaded.network.value.shape; // [2]
 * }
 * ```
 */
export async function loadNetwork<Network>(
  weights: WeightSource,
  build: NetworkBuilder<Network>,
  options: NetworkOptions = {},
): Promise<LoadedNetwork<Network>> {
  const { budgetBytes, signal, onProgress } = options;
  const gpu = options.gpu ?? await open(budgetBytes === undefined ? {} : { budgetBytes });
  const parameters = new Parameters(gpu, options.dtype);
  const dispose = () => {
    parameters.dispose();
    if (options.gpu === undefined) gpu.dispose();
  };
  try {
    const { network, store } = declared(weights, build, parameters);
    await parameters.load({ signal, onWeight: (key) => onProgress?.(store.progress(key)) });
    return { gpu, network, dispose, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/**
 * Compares a network with weights: their names and shapes, without a GPU and without reading a value.
 *
 * @param weights The weights, by the names that the network asks for.
 * @param build Declares the network.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` with every key that is missing, unexpected or of
 * another shape.
 *
 * @example
 * ```ts
 * import {
 *   CheckpointError,
 *   checkNetwork,
 *   memorySource,
 *   readCheckpoint,
 *   writeSafetensors,
 * } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const bytes = writeSafetensors([{ name: "bias", dtype: "F32", shape: [2], values: [1, 2] }]);
 * const checkpoint = await readCheckpoint(memorySource(bytes));
 * checkNetwork(checkpoint, (parameters, store) => parameters.vector(store, "bias", [2]));
 * assert.throws(
 *   () => checkNetwork(checkpoint, (parameters, store) => parameters.vector(store, "bias", [3])),
 *   CheckpointError,
 * );
 * ```
 */
export function checkNetwork(weights: WeightSource, build: NetworkBuilder<unknown>): void {
  declared(weights, build, new Parameters());
}

/** Ends of the names of statistics, which are stored beside parameters and never trained. */
const STATISTICS = /\.(running_mean|running_var)$/;

/**
 * Counts the parameters of a network, without a GPU and without a file.
 *
 * @param build Declares the network.
 * @returns Their number; running statistics are none.
 *
 * @example
 * ```ts
 * import { countParameters } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.equal(countParameters((parameters, store) => parameters.vector(store, "bias", [2])), 2);
 * ```
 */
export function countParameters(build: NetworkBuilder<unknown>): number {
  const counts = new Map<string, number>();
  const find = (key: string, shape: readonly number[] = []): WeightTensor => {
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (!STATISTICS.test(key)) counts.set(key, count);
    return { dtype: "F32", shape, float32: unread, chunks: unread };
  };
  checkNetwork({ name: "a network that is counted", keys: () => [], find }, build);
  return counts.values().reduce((sum, count) => sum + count, 0);
}

function unread(): never {
  throw new TypeError("Cannot read a weight of a network that is only counted.");
}

function declared<Network>(
  weights: WeightSource,
  build: NetworkBuilder<Network>,
  parameters: Parameters,
): { readonly network: Network; readonly store: WeightStore } {
  const store = WeightStore.over(weights);
  const network = build(parameters, store);
  store.finish();
  return { network, store };
}
