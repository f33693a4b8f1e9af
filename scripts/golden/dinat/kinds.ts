/** Kinds of golden files of the dinat package. */
import type { Kind } from "../runner.ts";
import { ATTENTION } from "../tolerance.ts";
import { runNeighbourhoodAttention } from "./neighbourhood_attention.ts";

/** How each kind is run, and how close its floats have to be. */
export const DINAT_KINDS: ReadonlyMap<string, Kind> = new Map([
  ["na1d", { run: runNeighbourhoodAttention, tolerance: ATTENTION }],
  ["na2d", { run: runNeighbourhoodAttention, tolerance: ATTENTION }],
]);
