/** Kinds of golden files of the dsvt package. */
import type { Kind } from "../runner.ts";

/** How each kind is run, and how close its floats have to be. */
export const DSVT_KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([]);
