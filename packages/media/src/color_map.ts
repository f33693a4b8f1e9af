// @ts-types="npm:@types/d3-scale-chromatic@3.1.0"
import { interpolateViridis } from "d3-scale-chromatic";
import type { Color } from "./draw.ts";

/** Colours of the map; more would not be seen in 8 bits. */
const STEPS = 256;

/** The colour map viridis, dark violet to yellow, in steps that look equal to the eye: 256 colours. */
export const VIRIDIS: readonly Color[] = Array.from(
  { length: STEPS },
  (_, step) => readColor(interpolateViridis(step / (STEPS - 1))),
);

function readColor(hex: string): Color {
  const channel = (start: number) => Number.parseInt(hex.slice(start, start + 2), 16);
  return [channel(1), channel(3), channel(5)];
}
