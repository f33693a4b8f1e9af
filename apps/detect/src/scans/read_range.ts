import { CliError } from "@vicinity/cli";
import type { GroundRange } from "./picture/view.ts";

/**
 * Reads the value of `--bev-range`.
 *
 * @param text One number for as far in all directions, or `xmin,ymin,xmax,ymax`.
 * @returns The part of the ground.
 * @throws {CliError} `USAGE` when it is neither.
 */
export function readRange(text: string): GroundRange {
  const numbers = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  const [first = NaN, second = NaN, third = NaN, fourth = NaN] = numbers;
  if (numbers.length === 1 && first > 0 && first < Infinity) {
    return { x: [-first, first], y: [-first, first] };
  }
  const isRange = numbers.length === 4 && numbers.every(Number.isFinite) && first < third &&
    second < fourth;
  if (isRange) return { x: [first, third], y: [second, fourth] };
  throw new CliError("USAGE", `--bev-range cannot be read, got "${text}"`, {
    hint: "give one number above 0, or xmin,ymin,xmax,ymax",
  });
}
