/** Positions of the cells of a window, as the input layer embeds them. */
import type { Xyz } from "./config.ts";

/** What the official code takes for π. */
const PI = 3.1415;

/**
 * Distances of all cells of a window from its middle.
 *
 * @param window Cells along x, y and z.
 * @param normalize Whether they are scaled to ±π.
 * @returns `[cells, axes]`, x, y and, where the window has several cells along it, z; cells in order of
 * their place, `(z · height + y) · width + x`.
 */
export function windowPositions(
  window: Xyz,
  normalize: boolean,
): { readonly values: Float32Array<ArrayBuffer>; readonly axes: 2 | 3 } {
  const [wx, wy, wz] = window;
  const axes = wz === 1 ? 2 : 3;
  const values = new Float32Array(wx * wy * wz * axes);
  const scaled = (index: number, extent: number) =>
    (index - extent / 2) * (normalize ? 2 * PI / extent : 1);
  let at = 0;
  for (let z = 0; z < wz; z++) {
    for (let y = 0; y < wy; y++) {
      for (let x = 0; x < wx; x++) {
        values[at++] = scaled(x, wx);
        values[at++] = scaled(y, wy);
        if (axes === 3) values[at++] = scaled(z, wz);
      }
    }
  }
  return { values, axes };
}
