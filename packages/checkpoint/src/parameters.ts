/** Weights on the GPU: declared by the network, checked together, then loaded one by one. */
import {
  type BuildCaps,
  type Gpu,
  type PackedWeight,
  packWeight,
  ShapeError,
  type Tensor,
} from "@vicinity/tensor";
import type { Dtype } from "./dtype.ts";
import { type Precision, storedForm } from "./precision.ts";
import type { Weight, WeightStore } from "./weight_store.ts";

/** A weight that is there after {@link Parameters.load}. */
export class Parameter<T> {
  #value: T | undefined;
  readonly #key: string;

  /** Use {@link Parameters}. */
  constructor(key: string) {
    this.#key = key;
  }

  /** The weight on the GPU. */
  get value(): T {
    if (this.#value === undefined) {
      throw new ShapeError(`Cannot use weight ${this.#key} before it is loaded. Await load().`);
    }
    return this.#value;
  }

  /** Called once by the loader. */
  set(value: T): void {
    this.#value = value;
  }
}

/** A weight and what becomes of it on the way to the GPU. */
interface Task {
  readonly key: string;
  run(): Promise<Tensor>;
}

/** A matrix or the kernel of a convolution on the host. */
export interface HostWeight {
  /** Values in the order of PyTorch, `[out, in, ...kernel]`. */
  readonly values: Float32Array;
  /** Their shape. */
  readonly shape: readonly number[];
  /** Their type in the file; absent for values that were computed. */
  readonly dtype?: Dtype;
}

/** Collects the weights that a network declares and brings them to the GPU. */
export class Parameters {
  readonly #gpu: Gpu | undefined;
  readonly #dtype: Precision;
  readonly #tasks: Task[] = [];
  readonly #tensors: Tensor[] = [];

  /**
   * Starts with no weights.
   *
   * @param gpu Where the weights go; networks that are only compared with a file need none.
   * @param dtype How packed weights are kept.
   */
  constructor(gpu?: Gpu, dtype: Precision = "auto") {
    this.#gpu = gpu;
    this.#dtype = dtype;
  }

  /** The context that the weights live on. */
  get gpu(): Gpu {
    if (this.#gpu !== undefined) return this.#gpu;
    throw new TypeError("Cannot load weights without a GPU: give one to Parameters.");
  }

  /** What a network is built by; without a GPU any will do, since all forms have the same weights. */
  get caps(): BuildCaps {
    return this.#gpu?.caps ?? { isCpu: true, tuned: {} };
  }

  /**
   * Declares a vector or a small array that is used as it is.
   *
   * @param store Module that owns it.
   * @param name Key in the module.
   * @param shape Official shape.
   * @param change Host-side change of its values, for instance folded statistics.
   * @returns The weight; as a flat tensor.
   */
  vector(
    store: WeightStore,
    name: string,
    shape: readonly number[],
    change: (values: Float32Array) => Float32Array = (values) => values,
  ): Parameter<Tensor> {
    const weight = store.get(name, shape);
    return this.derived(weight.key, async () => {
      const values = change(await weight.float32());
      return this.gpu.tensor([values.length], values);
    });
  }

  /**
   * Declares the weight of a linear layer or convolution, packed for the adapter.
   *
   * @param store Module that owns `weight`.
   * @param shape Official shape, `[out, in, ...kernel]`.
   * @returns The packed weight.
   */
  packed(store: WeightStore, shape: readonly number[]): Parameter<PackedWeight> {
    const weight: Weight = store.get("weight", shape);
    return this.packedFrom(weight.key, async () => {
      return { values: await weight.float32(), shape, dtype: weight.dtype };
    });
  }

  /**
   * A packed weight from values that are computed on the host.
   *
   * @param key Name for messages.
   * @param make Gives the values and their shape.
   * @returns The packed weight.
   */
  packedFrom(key: string, make: () => Promise<HostWeight>): Parameter<PackedWeight> {
    const parameter = new Parameter<PackedWeight>(key);
    this.#tasks.push({
      key,
      run: async () => {
        const weight = await make();
        const stored = storedForm(this.#dtype, weight, this.caps.isCpu);
        const packed = packWeight(this.gpu, weight.values, weight.shape, { stored });
        parameter.set(packed);
        return packed.tensor;
      },
    });
    return parameter;
  }

  /**
   * A tensor from values that are computed on the host.
   *
   * @param key Name for messages.
   * @param make Gives the tensor.
   * @returns The weight.
   */
  derived(key: string, make: () => Promise<Tensor>): Parameter<Tensor> {
    const parameter = new Parameter<Tensor>(key);
    this.#tasks.push({
      key,
      run: async () => {
        const tensor = await make();
        parameter.set(tensor);
        return tensor;
      },
    });
    return parameter;
  }

  /**
   * Loads everything that was declared. Call `finish()` of the store before.
   *
   * @param options Who is told of each weight that is loaded, by its key, and cancellation.
   */
  async load(
    options: {
      readonly onWeight?: (key: string) => void;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<void> {
    for (const task of this.#tasks) {
      options.signal?.throwIfAborted();
      this.#tensors.push(await task.run());
      options.onWeight?.(task.key);
    }
    this.#tasks.length = 0;
  }

  /**
   * Zeros that live as long as the weights, for values that are derived from them.
   *
   * @param shape Extents.
   * @returns The tensor.
   */
  persistent(shape: readonly number[]): Tensor {
    const tensor = this.gpu.persistent(shape);
    this.#tensors.push(tensor);
    return tensor;
  }

  /** Frees all weights. */
  dispose(): void {
    for (const tensor of this.#tensors) this.gpu.free(tensor);
    this.#tensors.length = 0;
  }
}
