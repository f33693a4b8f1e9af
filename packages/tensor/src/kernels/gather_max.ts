/** `y[m, c]` is the maximum over j of `x[numbers[m, j], c]`, where missing rows are zeros. */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface GatherMaxSpec {
  /** Elements are read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const GATHER_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over the elements of the result.
 */
export function gatherMax({ vector }: GatherMaxSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: "gather max",
    bindings: [
      { name: "x", type, access: "read" },
      { name: "numbers", type: "u32", access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: { total: "u32", width: "u32", rows: "u32", slots: "u32" },
    workgroup: [GATHER_THREADS, 1, 1],
    declarations: `fn value(slot: u32, column: u32) -> ${type} {
  let row = numbers[slot];
  let inside = row < p.rows;
  return select(${type}(), x[select(0u, row, inside) * p.width + column], inside);
}
`,
    body: `  let index = ${FLAT_WORKGROUP} * ${GATHER_THREADS}u + local;
  if (index >= p.total) { return; }
  let first = index / p.width * p.slots;
  let column = index % p.width;
  var most = value(first, column);
  for (var slot = 1u; slot < p.slots; slot++) { most = max(most, value(first + slot, column)); }
  y[index] = most;`,
  });
}
