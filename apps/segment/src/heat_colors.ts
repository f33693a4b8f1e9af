/** Colours of probabilities: from black over purple and orange to light yellow, as bright as they are high. */
// @ts-types="npm:@types/d3-scale-chromatic@3.1.0"
import { interpolateInferno } from "d3-scale-chromatic";

/** Steps from 0 to 1. */
const STEPS = 256;

/** Bytes of the colours of all steps, red, green, blue. */
export const HEAT_COLORS: Uint8Array = Uint8Array.from(
  Array.from({ length: STEPS }, (_, step) => {
    const value = Number.parseInt(interpolateInferno(step / (STEPS - 1)).slice(1), 16);
    return [value >> 16, value >> 8 & 255, value & 255];
  }).flat(),
);

/**
 * The step that a probability falls on.
 *
 * @param probability From 0 to 1.
 * @returns From 0 to 255.
 */
export function heatStep(probability: number): number {
  return Math.round((STEPS - 1) * Math.min(1, Math.max(0, probability)));
}
