/** Elements of activations, which memory may hold in 16 bits and kernels compute with in 32. */

/** How a kernel declares, reads and writes the elements of a binding. */
export interface Element {
  /** Type of the elements in memory. */
  readonly stored: string;
  /** Type that the kernel computes with. */
  readonly type: "f32" | "vec4f";
  /**
   * Text that reads an element.
   *
   * @param place Text of the element in memory, such as `x[i]`.
   * @returns Text of its value.
   */
  read(place: string): string;
  /**
   * Text that writes an element.
   *
   * @param place Text of the element in memory.
   * @param value Text of the value.
   * @returns A statement.
   */
  write(place: string, value: string): string;
}

/**
 * The elements of a binding.
 *
 * @param vector In fours.
 * @param half In 16 bits in memory; the kernel needs the feature `f16` then.
 * @returns How a kernel uses them.
 */
export function element(vector: boolean, half: boolean): Element {
  const type = vector ? "vec4f" : "f32";
  if (!half) {
    return {
      stored: type,
      type,
      read: (place) => place,
      write: (place, value) => `${place} = ${value};`,
    };
  }
  const stored = vector ? "vec4<f16>" : "f16";
  return {
    stored,
    type,
    read: (place) => `${type}(${place})`,
    write: (place, value) => `${place} = ${stored}(${value});`,
  };
}
