/** The vectors by which the timestep shifts, scales and gates a block. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { pointwise, type Tensor } from "@vicinity/tensor";

/** Learned vectors plus the timestep's, kept in place so that plans can use them. */
export class Modulation {
  readonly #learned: Parameter<Tensor>;
  readonly #parameters: Parameters;
  readonly #count: number;
  readonly #dim: number;
  #rows: readonly Tensor[] | undefined;

  /** Declares `modulation`, `[1, count, dim]`. */
  constructor(parameters: Parameters, store: WeightStore, count: number, dim: number) {
    this.#parameters = parameters;
    this.#count = count;
    this.#dim = dim;
    this.#learned = parameters.vector(store, "modulation", [1, count, dim]);
  }

  /** Vector `index`, `[dim]`; its content follows the last {@link Modulation.set}. */
  row(index: number): Tensor {
    this.#rows ??= Array.from(
      { length: this.#count },
      () => this.#parameters.persistent([this.#dim]),
    );
    const row = this.#rows[index];
    if (!row) throw new RangeError(`Cannot use modulation ${index} of ${this.#count}.`);
    return row;
  }

  /**
   * Computes the vectors of a timestep.
   *
   * @param time `[count * dim]`, what the timestep adds.
   */
  set(time: Tensor): void {
    const { gpu } = this.#parameters;
    using _scope = gpu.scope();
    const sum = pointwise("a + b", { a: this.#learned.value, b: time });
    for (let index = 0; index < this.#count; index++) {
      gpu.copy(sum, this.row(index), { fromStart: index * this.#dim, count: this.#dim });
    }
  }
}
