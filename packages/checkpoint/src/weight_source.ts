import type { Dtype } from "./dtype.ts";

/** One weight that can be read, whole or in pieces. */
export interface WeightTensor {
  /** Type of the stored elements. */
  readonly dtype: Dtype;
  /** Sizes from the slowest axis to the fastest. */
  readonly shape: readonly number[];
  /** Reads all elements as 32-bit floats, row-major. */
  float32(): Promise<Float32Array<ArrayBuffer>>;
  /** Streams the stored bytes in pieces of at most `chunkBytes`, whole elements each. */
  chunks(chunkBytes?: number): AsyncIterable<Uint8Array>;
}

/** Anything that gives weights by key: a file, several files, or a formula. */
export interface WeightSource {
  /** What error messages call it. */
  readonly name: string;
  /** The keys it holds; a formula that can make any weight lists none. */
  keys(): Iterable<string>;
  /**
   * Finds a weight.
   *
   * @param key Its full name.
   * @param shape The shape that the network expects, for sources that make weights on demand.
   * @returns The weight, or undefined when there is none.
   */
  find(key: string, shape?: readonly number[]): WeightTensor | undefined;
}
