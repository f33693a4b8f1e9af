/** Bilinear resizing of maps by PyTorch's rule without aligned corners. */
import { resampleTable, resizeByTables, type Tensor } from "@vicinity/tensor";

/**
 * Resizes a map.
 *
 * @param map `[batch, rows, cols, channels]`.
 * @param size Rows and columns wanted.
 * @returns `[batch, …size, channels]`; the map itself when it has this size.
 */
export function bilinear(map: Tensor, size: readonly [rows: number, cols: number]): Tensor {
  const [, height = 0, width = 0] = map.shape;
  if (height === size[0] && width === size[1]) return map;
  const table = (from: number, to: number) =>
    resampleTable(from, to, { filter: "bilinear", convention: "torch" });
  return resizeByTables(map, table(height, size[0]), table(width, size[1]));
}
