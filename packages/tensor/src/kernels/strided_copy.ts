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
  /** Elements of an invocation along the innermost axis: 1, or COPY_RUN. */
  readonly run: number;
}

/**
 * A run on CPU adapters, where the divisions that find an element cost more than moving it: a cache
 * line of the source.
 */
export const COPY_RUN = 16;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function stridedCopy({ vector, run }: StridedCopySpec): Kernel {
  // Words are moved as they are, whatever they mean.
  const type = vector ? "vec4u" : "u32";
  const axes = Array.from({ length: COPY_AXES }, (_, axis) => axis);
  const last = COPY_AXES - 1;
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
  let runs = (p.extent${last} + ${run - 1}u) / ${run}u;
  let first = rest % runs * ${run}u;
  rest /= runs;
  var source_index = p.source0 + first * p.from${last};
  var target_index = p.target0 + first * p.to${last};
${
      axes.slice(0, last).toReversed().map((axis) =>
        `  let i${axis} = rest % p.extent${axis};
  rest /= p.extent${axis};
  source_index += i${axis} * p.from${axis};
  target_index += i${axis} * p.to${axis};`
      ).join("\n")
    }
${run === 1 ? "  y[target_index] = x[source_index];" : walk(last, run)}`,
  });
}

function walk(last: number, run: number): string {
  return `  let moved = min(${run}u, p.extent${last} - first);
  for (var i = 0u; i < moved; i++) {
    y[target_index] = x[source_index];
    source_index += p.from${last};
    target_index += p.to${last};
  }`;
}
