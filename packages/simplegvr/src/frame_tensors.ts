/** Tensors of frames on their way, none of which is lost when a step fails. */
import type { Gpu, Tensor } from "@vicinity/tensor";

/** Owns tensors from when they are held to when they are freed or handed on. */
export class FrameTensors {
  readonly #gpu: Gpu;
  readonly #held = new Set<Tensor>();

  /** @param gpu The context of the tensors. */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Takes a tensor over. */
  hold(tensor: Tensor): Tensor {
    this.#held.add(tensor);
    return tensor;
  }

  /** Hands tensors on to another owner. */
  handOn(tensors: readonly Tensor[]): void {
    for (const tensor of tensors) this.#held.delete(tensor);
  }

  /** Frees a tensor that is needed no more. */
  free(tensor: Tensor): void {
    if (this.#held.delete(tensor)) this.#gpu.free(tensor);
  }

  /** Frees all that are held. */
  dispose(): void {
    for (const tensor of this.#held) this.#gpu.free(tensor);
    this.#held.clear();
  }
}
