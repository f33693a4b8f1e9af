/** Clouds by the midpoints of squares and diamonds. */
import type { Random } from "./random.ts";
import { type Raster, rasterFrom, type Size } from "./raster.ts";

/**
 * A cloudy field: the middles of squares, then of the diamonds between them, are the mean of their
 * four corners and some chance, which gets less as the squares get smaller.
 *
 * @param size Its size.
 * @param decay How much less the chance is from one size of squares to the next.
 * @param random Where chance comes from.
 * @returns One number a pixel, from 0 to 1, both of which occur where there are two pixels.
 */
export function plasma(size: Size, decay: number, random: Random): Raster {
  const side = 2 ** Math.max(1, Math.ceil(Math.log2(Math.max(size.width, size.height))));
  const grid = new Float64Array(side * side);
  const place = (x: number, y: number) => (y % side) * side + x % side;
  let chance = 1;
  for (let step = side; step >= 2; step /= 2, chance /= decay) {
    const half = step / 2;
    const settle = (x: number, y: number, corners: readonly (readonly [number, number])[]) => {
      const sum = corners.reduce(
        (total, [dx, dy]) => total + (grid[place(x + dx + side, y + dy + side)] ?? 0),
        0,
      );
      grid[place(x, y)] = sum / 4 + chance * (2 * random.unit() - 1);
    };
    const square = [[-half, -half], [half, -half], [-half, half], [half, half]] as const;
    const diamond = [[-half, 0], [half, 0], [0, -half], [0, half]] as const;
    for (let y = 0; y < side; y += step) {
      for (let x = 0; x < side; x += step) settle(x + half, y + half, square);
    }
    for (let y = 0; y < side; y += half) {
      for (let x = (y + half) % step; x < side; x += step) settle(x, y, diamond);
    }
  }
  return stretched(rasterFrom(size, 1, (x, y) => [grid[place(x, y)] ?? 0]));
}

/** A field whose least number is 0 and whose largest is 1. */
function stretched(field: Raster): Raster {
  const [least, most] = field.values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
  const range = most > least ? most - least : 1;
  return { ...field, values: field.values.map((value) => (value - least) / range) };
}
