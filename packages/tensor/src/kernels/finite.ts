/** Counts NaN and infinity by their bits, since shaders may assume that neither exists. */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface FiniteSpec {
  /** Words hold two f16 each. */
  readonly half: boolean;
}

/** Invocations a workgroup. */
export const FINITE_THREADS = 64;
/** Words of one invocation. */
export const FINITE_WORDS = 64;

/**
 * Builds the kernel. `found` gets the number of bad words and the complement of the first one's
 * index, both 0 when all is well.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over stretches of words.
 */
export function finite({ half }: FiniteSpec): Kernel {
  const bad = half
    ? "(word & 0x7c00u) == 0x7c00u || (2u * i + 1u < p.elements && (word & 0x7c000000u) == 0x7c000000u)"
    : "(word & 0x7f800000u) == 0x7f800000u";
  return kernel({
    label: "finite",
    bindings: [
      { name: "words", type: "u32", access: "read" },
      { name: "found", type: "atomic<u32>", access: "read_write" },
    ],
    params: { count: "u32", elements: "u32" },
    workgroup: [FINITE_THREADS, 1, 1],
    body: `  let start = (${FLAT_WORKGROUP} * ${FINITE_THREADS}u + local) * ${FINITE_WORDS}u;
  for (var i = start; i < min(start + ${FINITE_WORDS}u, p.count); i++) {
    let word = words[i];
    if (${bad}) {
      atomicAdd(&found[0], 1u);
      atomicMax(&found[1], ~i);
    }
  }`,
  });
}
