/**
 * Squares cut out of a map around places of it, `n` over places, `i, j` over the rows and columns of
 * a square with side `2r + 1`, `c` over channels. With (row, column) the place of square n,
 * `y[n, i, j, c] = map[row - r + i, column - r + j, c]`, and zero outside the map. The second kernel
 * only clears what lies outside, of squares that were computed otherwise.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** What decides the text of the kernels. */
export interface PatchesSpec {
  /** Channels are read in fours. */
  readonly vector: boolean;
  /** Copy out of a map, or keep a square's own values. */
  readonly source: "map" | "squares";
}

/** Invocations a workgroup. */
export const PATCHES_THREADS = 64;

/**
 * Builds a kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over the result.
 */
export function patches({ vector, source }: PatchesSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  const from = source === "map"
    ? "(u32(row) * p.width + u32(column)) * p.channels + index % p.channels"
    : "index";
  return kernel({
    label: `patches of ${source}`,
    bindings: [
      { name: "x", type, access: "read" },
      { name: "places", type: "u32", access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: { total: "u32", channels: "u32", radius: "u32", height: "u32", width: "u32" },
    workgroup: [PATCHES_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${PATCHES_THREADS}u + local;
  if (index >= p.total) { return; }
  let side = 2u * p.radius + 1u;
  let at = index / p.channels;
  let place = places[at / side / side];
  let row = i32(place / p.width + at / side % side) - i32(p.radius);
  let column = i32(place % p.width + at % side) - i32(p.radius);
  let inside = row >= 0 && row < i32(p.height) && column >= 0 && column < i32(p.width);
  y[index] = ${type}();
  if (inside) { y[index] = x[${from}]; }`,
  });
}
