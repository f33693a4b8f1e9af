/** Networks with a case's weights, and tensors on their way to the GPU and back. */
import {
  type LoadedNetwork,
  loadNetwork as loadWeights,
  type Parameters,
  type WeightStore,
} from "@vicinity/checkpoint";
import type { Gpu, Tensor } from "@vicinity/tensor";
import type { GoldenCase, GoldenTensor } from "./golden_case.ts";
import { channelsFirst, channelsLast, samplesOf } from "./layout.ts";
import { weightsOf } from "./weights.ts";

/**
 * Builds a network and loads its weights.
 *
 * @param gpu Where they go.
 * @param golden The case that has them.
 * @param build Declares the network.
 * @returns The network.
 */
export async function loadNetwork<Network>(
  gpu: Gpu,
  golden: GoldenCase,
  build: (parameters: Parameters, store: WeightStore) => Network,
): Promise<LoadedNetwork<Network>> {
  using weights = await weightsOf(golden);
  return await loadWeights(weights.source, build, { gpu });
}

/** A sample `[channels, ...places]` of a file as the networks take it, `[...places, channels]`. */
export function upload(gpu: Gpu, sample: GoldenTensor): Tensor {
  const { shape, values } = channelsLast(sample);
  return gpu.tensor(shape, Float32Array.from(values));
}

/** A network's `[...places, channels]` as files hold it, `[channels, ...places]`. */
export async function download(gpu: Gpu, tensors: readonly Tensor[]): Promise<Float64Array[]> {
  const values = await gpu.read(tensors);
  return values.map((array, index) => channelsFirst(array, tensors[index]?.shape.at(-1) ?? 1));
}

/** The samples of a video or latent `[batch, channels, frames, rows, cols]`. */
export async function clipsOf(golden: GoldenCase, name: string): Promise<GoldenTensor[]> {
  return samplesOf(await golden.tensor(name), 4);
}
