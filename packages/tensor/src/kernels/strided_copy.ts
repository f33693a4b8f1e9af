/**
 * Moves elements between layouts: `y[to(i)] = x[from(i)]` for i over up to five axes, both sides
 * with their own strides. Slices, joins and permutations are this one kernel.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** Axes that a copy can have. */
export const COPY_AXES = 5;

/** Invocations a workgroup. */
export const COPY_THREADS = 64;

/** What decides the text of the kernel. */
export interface StridedCopySpec {
  /** Four elements at once where the innermost axis allows it. */
  readonly vector: boolean;
}

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function stridedCopy({ vector }: StridedCopySpec): Kernel {
  // Words are moved as they are, whatever they mean.
  const type = vector ? "vec4u" : "u32";
  const axes = Array.from({ length: COPY_AXES }, (_, axis) => axis);
  const params = Object.fromEntries([
    ["count", "u32"],
    ...axes.map((axis) => [`extent${axis}`, "u32"]),
    ["source0", "u32"],
    ...axes.map((axis) => [`from${axis}`, "u32"]),
    ["target0", "u32"],
    ...axes.map((axis) => [`to${axis}`, "u32"]),
  ] as [string, "u32"][]);
  return kernel({
    label: "strided copy",
    bindings: [
      { name: "x", type, access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params,
    workgroup: [COPY_THREADS, 1, 1],
    body: `  var rest = ${FLAT_WORKGROUP} * ${COPY_THREADS}u + local;
  if (rest >= p.count) { return; }
  var source_index = p.source0;
  var target_index = p.target0;
${
      axes.toReversed().map((axis) =>
        `  let i${axis} = rest % p.extent${axis};
  rest /= p.extent${axis};
  source_index += i${axis} * p.from${axis};
  target_index += i${axis} * p.to${axis};`
      ).join("\n")
    }
  y[target_index] = x[source_index];`,
  });
}
