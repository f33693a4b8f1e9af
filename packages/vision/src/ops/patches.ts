/** Squares around places of a map. */
import { flatGrid, ShapeError, sizeOf, type Tensor } from "@vicinity/tensor";
import { patches as build, PATCHES_THREADS, type PatchesSpec } from "../kernels/patches.ts";

/** Extents of a map. */
export interface MapExtent {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * Cuts a square out of a map around each of several places; outside the map there are zeros, as a
 * padded convolution sees them.
 *
 * @param map f32 `[1, height, width, channels]`.
 * @param places u32 `[n]`, row · width + column.
 * @param radius Rows and columns on each side of a place.
 * @returns `[n, 2 · radius + 1, 2 · radius + 1, channels]`.
 * @throws {ShapeError} If it is not one map, or places are not u32.
 *
 * @example
 * ```ts
 * import { open } from "@vicinity/tensor";
 * import { patches } from "@vicinity/vision";
 *
 * using gpu = await open();
 * const map = gpu.tensor([1, 2, 2, 1], new Float32Array([1, 2, 3, 4]));
 * const [y] = await gpu.read([patches(map, gpu.tensor([1], new Uint32Array([3])), 1)]);
 * console.assert(y?.join() === "1,2,0,3,4,0,0,0,0");
 * ```
 */
export function patches(map: Tensor, places: Tensor, radius: number): Tensor {
  const [batch, height = 0, width = 0, channels = 0] = map.shape;
  if (batch !== 1 || map.shape.length !== 4) {
    throw new ShapeError(
      `Cannot cut squares out of [${map.shape}]: give one map [1, height, width, channels].`,
    );
  }
  const side = 2 * radius + 1;
  const shape = [places.shape[0] ?? 0, side, side, channels];
  return record(map, places, { source: "map", shape, extent: { height, width } });
}

/**
 * Clears the parts of squares that lie outside the map they were cut out of.
 *
 * @param squares f32 `[n, side, side, channels]`, side odd.
 * @param places u32 `[n]`, row · width + column of the middle of each.
 * @param extent The map's.
 * @returns Shape of `squares`.
 * @throws {ShapeError} If there is not one place a square.
 */
export function clearOutside(squares: Tensor, places: Tensor, extent: MapExtent): Tensor {
  const [count, side = 0, other] = squares.shape;
  if (squares.shape.length !== 4 || side % 2 !== 1 || side !== other || count !== places.shape[0]) {
    throw new ShapeError(
      `Cannot clear parts of squares [${squares.shape}] at places [${places.shape}]: ` +
        "give [n, side, side, channels] with an odd side, and [n].",
    );
  }
  return record(squares, places, { source: "squares", shape: squares.shape, extent });
}

function record(x: Tensor, places: Tensor, { source, shape, extent }: {
  readonly source: PatchesSpec["source"];
  readonly shape: readonly number[];
  readonly extent: MapExtent;
}): Tensor {
  if (x.dtype !== "f32" || places.dtype !== "u32" || places.shape.length !== 1) {
    throw new ShapeError(
      `Cannot cut squares out of ${x.dtype} at ${places.dtype} [${places.shape}]: ` +
        "give f32 and u32 [n].",
    );
  }
  const { gpu } = x;
  const y = gpu.empty(shape);
  const [, side = 1, , channels = 0] = shape;
  const vector = channels % 4 === 0;
  const step = vector ? 4 : 1;
  const total = sizeOf(shape) / step;
  if (total === 0) return y;
  gpu.dispatch({
    kernel: gpu.kernel("patches", { vector, source }, build),
    tensors: [x, places, y],
    params: [total, channels / step, (side - 1) / 2, extent.height, extent.width],
    grid: flatGrid(Math.ceil(total / PATCHES_THREADS)),
  });
  return y;
}
