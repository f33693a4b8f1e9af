/**
 * A step of a feature pyramid from coarse to fine: `y = fine + coarse` enlarged by repeating places,
 * `y[n, i, j, c] = fine[n, i, j, c] + coarse[n, ⌊i·h/H⌋, ⌊j·w/W⌋, c]`.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** What decides the text of the kernel. */
export interface TopDownSpec {
  /** Channels are read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const TOP_DOWN_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over the result.
 */
export function topDown({ vector }: TopDownSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: "top down",
    bindings: [
      { name: "fine", type, access: "read" },
      { name: "coarse", type, access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: {
      total: "u32",
      c: "u32",
      height: "u32",
      width: "u32",
      coarse_height: "u32",
      coarse_width: "u32",
    },
    workgroup: [TOP_DOWN_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${TOP_DOWN_THREADS}u + local;
  if (index >= p.total) { return; }
  let place = index / p.c;
  let column = place % p.width * p.coarse_width / p.width;
  let row = place / p.width % p.height * p.coarse_height / p.height;
  let picture = place / p.width / p.height;
  let source = (picture * p.coarse_height + row) * p.coarse_width + column;
  y[index] = fine[index] + coarse[source * p.c + index % p.c];`,
  });
}
