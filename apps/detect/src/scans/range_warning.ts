import type { Warning } from "@vicinity/cli";
import type { BoxFinder } from "./box_finder.ts";

/** Below this share of points inside the range something is wrong with the unit or the axes. */
const LEAST_SHARE = 0.1;

type Extent = readonly [least: number, greatest: number];

/**
 * Counts the points that a model looks at.
 *
 * @param positions x, y, z of each point in the model's axes.
 * @param config The model's range.
 * @returns How many there are, and a warning where they are few.
 */
export function rangeWarning(
  positions: Float32Array,
  { range, maskZ }: BoxFinder["config"],
): { readonly inRange: number; readonly warning?: Warning } {
  const count = positions.length / 3;
  if (count === 0) {
    return { inRange: 0, warning: { code: "POINTS_NONE", message: "there are no points in it" } };
  }
  const axes = maskZ ? [0, 1, 2] : [0, 1];
  let inRange = 0;
  for (let at = 0; at < positions.length; at += 3) {
    const inside = axes.every((axis) => {
      const value = positions[at + axis] ?? 0;
      return value >= (range.min[axis] ?? 0) && value <= (range.max[axis] ?? 0);
    });
    if (inside) inRange++;
  }
  if (inRange >= LEAST_SHARE * count) return { inRange };
  const whole = [0, 1, 2].map((axis) => extentOf(positions, axis));
  const wanted = axes.map((axis): Extent => [range.min[axis] ?? 0, range.max[axis] ?? 0]);
  return {
    inRange,
    warning: {
      code: "POINTS_RANGE",
      message: `only ${inRange} of ${count} points are inside the model's range ` +
        `(${inWords(wanted)}): they reach ${inWords(whole)}; check units and axes, see ` +
        "--transform, --z-offset and --frame",
    },
  };
}

function extentOf(positions: Float32Array, axis: number): Extent {
  let [least, greatest] = [Infinity, -Infinity];
  for (let at = axis; at < positions.length; at += 3) {
    least = Math.min(least, positions[at] ?? 0);
    greatest = Math.max(greatest, positions[at] ?? 0);
  }
  return [least, greatest];
}

function inWords(extents: readonly Extent[]): string {
  const number = (value: number) => String(Number(value.toPrecision(4)));
  return extents.map(([least, greatest], axis) =>
    `${"xyz"[axis]} ${number(least)} to ${number(greatest)}`
  ).join(", ");
}
