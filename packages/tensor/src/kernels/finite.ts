/**
 * Finds NaN and infinity by their bits, since shaders may assume that neither exists, and marks memory
 * that nothing has been written to.
 */
import { FLAT_WORKGROUP, flatGrid, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of {@link finite}. */
export interface FiniteSpec {
  /** Words hold two f16 each. */
  readonly half: boolean;
  /** Note the number of the first operation with a bad result, instead of counting bad words. */
  readonly first: boolean;
}

/** Invocations a workgroup. */
const THREADS = 64;
/** Words of one invocation. */
export const FINITE_WORDS = 64;
/**
 * Words of memory that holds no values yet: NaN in f32 and, both halves, in f16. It is a signalling
 * NaN, which arithmetic turns into a quiet one: this word means "not written", and what an operation
 * made of it does not. Operations may write a result in several steps.
 */
export const UNWRITTEN = 0x7fa07d01;

/**
 * Builds the kernel that looks for bad words. `found` gets their number and the complement of the first one's
 * index, both 0 when all is well; or the number of the operation instead, unless an earlier one is there.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over stretches of words.
 */
export function finite({ half, first }: FiniteSpec): Kernel {
  const written = (value: string, pattern: number) => first ? ` && ${value} != ${pattern}u` : "";
  const bad = half
    ? `((word & 0x7c00u) == 0x7c00u${written("(word & 0xffffu)", UNWRITTEN & 0xffff)}) ||
      (2u * i + 1u < p.elements && (word & 0x7c000000u) == 0x7c000000u${
      written("(word >> 16u)", UNWRITTEN >>> 16)
    })`
    : `(word & 0x7f800000u) == 0x7f800000u${written("word", UNWRITTEN)}`;
  // Operations run one after the other: all invocations of a dispatch write the same number.
  const note = first
    ? `let held = atomicLoad(&found[0]);
      if (held != 0u && held != p.operation) { continue; }
      atomicStore(&found[0], p.operation);`
    : "atomicAdd(&found[0], 1u);";
  return kernel({
    label: first ? "finite_first" : "finite",
    bindings: [
      { name: "words", type: "u32", access: "read" },
      { name: "found", type: "atomic<u32>", access: "read_write" },
    ],
    params: { count: "u32", elements: "u32", operation: "u32" },
    workgroup: [THREADS, 1, 1],
    body: `${START}
  for (var i = start; i < min(start + ${FINITE_WORDS}u, p.count); i++) {
    let word = words[i];
    if (${bad}) {
      ${note}
      atomicMax(&found[1], ~i);
    }
  }`,
  });
}

const START = `  let start = (${FLAT_WORKGROUP} * ${THREADS}u + local) * ${FINITE_WORDS}u;`;

/**
 * Builds the kernel that fills memory with {@link UNWRITTEN}.
 *
 * @returns The kernel; flat grid over stretches of words.
 */
export function unwritten(): Kernel {
  return kernel({
    label: "unwritten",
    bindings: [{ name: "words", type: "u32", access: "read_write" }],
    params: { count: "u32" },
    workgroup: [THREADS, 1, 1],
    body: `${START}
  for (var i = start; i < min(start + ${FINITE_WORDS}u, p.count); i++) { words[i] = ${UNWRITTEN}u; }`,
  });
}

/**
 * The grid of the kernels here.
 *
 * @param words Words to cover.
 * @returns Workgroups.
 */
export function finiteGrid(words: number): [number, number, number] {
  return flatGrid(Math.ceil(words / FINITE_WORDS / THREADS));
}
