/** Between 32-bit floats and 16-bit ones, element by element. */
import { element } from "../wgsl/element.ts";
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface CastSpec {
  /** From f32 to f16; the other way when false. */
  readonly narrow: boolean;
}

/** Invocations a workgroup, four elements each. */
export const CAST_THREADS = 64;

/**
 * Builds the kernel; its grid is flat over fours of elements.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function cast({ narrow }: CastSpec): Kernel {
  const [from, to] = [element(true, !narrow), element(true, narrow)];
  return kernel({
    label: narrow ? "cast to f16" : "cast to f32",
    bindings: [
      { name: "x", type: from.stored, access: "read" },
      { name: "y", type: to.stored, access: "read_write" },
    ],
    params: { count: "u32" },
    workgroup: [CAST_THREADS, 1, 1],
    features: ["f16"],
    body: `  let index = ${FLAT_WORKGROUP} * ${CAST_THREADS}u + local;
  if (index >= p.count) { return; }
  ${to.write("y[index]", from.read("x[index]"))}`,
  });
}
