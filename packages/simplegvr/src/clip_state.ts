/** What a stream remembers between two frames, so that one stream can serve many tiles in turn. */
import type { DType, Gpu, HostArray, Samples, Tensor } from "@vicinity/tensor";
import type { Queue } from "./wavefront.ts";

/** What the layers of one network remember. */
export interface MemoryState<T> {
  /** Nothing has been processed yet. */
  readonly first: boolean;
  /** The last frames by the layer that keeps them. */
  readonly kept: ReadonlyMap<object, T>;
}

/** A stream's memory, with its tensors on the GPU or on the host. */
export interface ClipState<T> {
  /** Of the autoencoder's networks. */
  readonly memories: readonly MemoryState<T>[];
  /** Of the passes of the transformer: frames inside, and those that wait at its layers. */
  readonly passes: readonly {
    readonly inside: readonly { readonly latent: T; readonly condition: T }[];
    readonly queues: readonly Queue<T>[];
  }[];
  /** Latents that are not decoded yet. */
  readonly finished: readonly T[];
  /** Frames that are not decoded yet. */
  readonly waiting: readonly Samples[];
  /** Frames that are not encoded yet. */
  readonly arrived: readonly Samples[];
  /** Number of frames that are. */
  readonly encoded: number;
}

/** A tensor on the host. */
export interface HostTensor {
  /** Extents. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: DType;
  /** Its values. */
  readonly values: HostArray;
}

/** A stream's memory on the host. */
export type ParkedClip = ClipState<HostTensor>;

/**
 * The same memory with other tensors.
 *
 * @param state The memory.
 * @param to Gives the other tensor for each.
 * @returns The memory with these.
 */
export function mapState<From, To>(
  state: ClipState<From>,
  to: (tensor: From) => To,
): ClipState<To> {
  return {
    ...state,
    memories: state.memories.map(({ first, kept }) => ({
      first,
      kept: new Map([...kept].map(([layer, tensor]) => [layer, to(tensor)])),
    })),
    passes: state.passes.map(({ inside, queues }) => ({
      inside: inside.map(({ latent, condition }) => ({
        latent: to(latent),
        condition: to(condition),
      })),
      queues: queues.map(({ start, frames }) => ({ start, frames: frames.map(to) })),
    })),
    finished: state.finished.map(to),
  };
}

/**
 * Brings a memory to the host.
 *
 * @param gpu Where it is.
 * @param state The memory; its tensors stay.
 * @returns A copy of it.
 */
export async function toHost(gpu: Gpu, state: ClipState<Tensor>): Promise<ParkedClip> {
  const tensors: Tensor[] = [];
  mapState(state, (tensor) => tensors.push(tensor));
  const values = await gpu.read(tensors);
  const byTensor = new Map(tensors.map((tensor, index) => [tensor, values[index]]));
  return mapState(state, (tensor) => ({
    shape: tensor.shape,
    dtype: tensor.dtype,
    values: byTensor.get(tensor) ?? new Float32Array(),
  }));
}
