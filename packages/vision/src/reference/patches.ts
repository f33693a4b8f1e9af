/** Squares around places of a map, in plain TypeScript. */
import type { ReferenceMap } from "./roi_align.ts";

/**
 * Cuts squares.
 *
 * @param map The map.
 * @param places row · width + column of each middle.
 * @param radius Rows and columns on each side.
 * @returns `[places, side, side, channels]`, zeros outside the map.
 */
export function patchesReference(
  { shape: [height, width, channels], values }: ReferenceMap,
  places: readonly number[],
  radius: number,
): number[] {
  const steps = Array.from({ length: 2 * radius + 1 }, (_, index) => index - radius);
  return places.flatMap((place) =>
    steps.flatMap((down) =>
      steps.flatMap((across) => {
        const [row, column] = [Math.floor(place / width) + down, place % width + across];
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        return Array.from(
          { length: channels },
          (_, c) => inside ? values[(row * width + column) * channels + c] ?? NaN : 0,
        );
      })
    )
  );
}
