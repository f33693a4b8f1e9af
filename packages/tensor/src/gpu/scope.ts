/** Lifetimes of eager tensors: a scope frees what was made in it. */
import type { Tensor } from "../tensor.ts";
import type { Gpu } from "./gpu.ts";

/** Frees the tensors that were made while it was the innermost scope. */
export class Scope {
  #gpu: Gpu;
  #end: (scope: Scope) => void;
  #parent: Scope | null;
  #tensors = new Set<Tensor>();

  /** Use {@link Gpu.scope}. */
  constructor(gpu: Gpu, end: (scope: Scope) => void, parent: Scope | null) {
    this.#gpu = gpu;
    this.#end = end;
    this.#parent = parent;
  }

  /** Makes the scope responsible for a tensor. */
  own(tensor: Tensor): void {
    this.#tensors.add(tensor);
  }

  /**
   * Lets a tensor outlive this scope; it passes to the surrounding one, if any.
   *
   * @param tensor A tensor made in this scope, or a view of one.
   * @returns The same tensor.
   */
  keep(tensor: Tensor): Tensor {
    for (const owned of this.#tensors) {
      if (owned.storage !== tensor.storage) continue;
      this.#tensors.delete(owned);
      this.#parent?.own(owned);
    }
    return tensor;
  }

  /** Frees what was not kept. */
  [Symbol.dispose](): void {
    for (const tensor of this.#tensors) this.#gpu.free(tensor);
    this.#tensors.clear();
    this.#end(this);
  }
}
