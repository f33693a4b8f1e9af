/**
 * Numbers of the places around some places of a square map, `n` over places, `i, j` from -r to r:
 * `y[n, i, j] = places[n] + i · side + j`, and `absent` where that is no place. A column that would
 * lie outside the map thus falls into the row before or after, as in the official code.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** Invocations a workgroup. */
export const LOCAL_KEYS_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @returns The kernel; flat grid over the numbers.
 */
export function localKeys(): Kernel {
  return kernel({
    label: "local keys",
    bindings: [
      { name: "places", type: "u32", access: "read" },
      { name: "y", type: "u32", access: "read_write" },
    ],
    params: { total: "u32", side: "u32", radius: "u32", absent: "u32" },
    workgroup: [LOCAL_KEYS_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${LOCAL_KEYS_THREADS}u + local;
  if (index >= p.total) { return; }
  let width = 2u * p.radius + 1u;
  let near = index % (width * width);
  let down = i32(near / width) - i32(p.radius);
  let across = i32(near % width) - i32(p.radius);
  let key = i32(places[index / (width * width)]) + down * i32(p.side) + across;
  let there = key >= 0 && key < i32(p.side * p.side);
  y[index] = select(p.absent, u32(key), there);`,
  });
}
