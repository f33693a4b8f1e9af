/**
 * Local maxima of heat maps, `i, j` over rows and columns, `c` over classes:
 * `y[i, j, c] = x[i, j, c]` where no value of the same class within `radius` rows and columns is
 * larger, and `nothing` elsewhere and within `radius` of the border. Bit c of `free` is set for
 * classes whose values all stay.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** Invocations a workgroup. */
export const LOCAL_PEAKS_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @returns The kernel; flat grid over the values.
 */
export function localPeaks(): Kernel {
  return kernel({
    label: "local peaks",
    bindings: [
      { name: "x", type: "f32", access: "read" },
      { name: "y", type: "f32", access: "read_write" },
    ],
    params: {
      total: "u32",
      rows: "u32",
      columns: "u32",
      classes: "u32",
      radius: "u32",
      free: "u32",
      nothing: "f32",
    },
    workgroup: [LOCAL_PEAKS_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${LOCAL_PEAKS_THREADS}u + local;
  if (index >= p.total) { return; }
  let class_id = index % p.classes;
  let column = index / p.classes % p.columns;
  let row = index / p.classes / p.columns;
  let value = x[index];
  var kept = row >= p.radius && row + p.radius < p.rows &&
    column >= p.radius && column + p.radius < p.columns;
  if (kept) {
    let side = 2u * p.radius + 1u;
    for (var near = 0u; near < side * side; near++) {
      let place = (row - p.radius + near / side) * p.columns + column - p.radius + near % side;
      kept = kept && x[place * p.classes + class_id] <= value;
    }
  }
  kept = kept || ((p.free >> class_id) & 1u) == 1u;
  y[index] = select(p.nothing, value, kept);`,
  });
}
