/** All corruptions, family by family. */
import { BLUR } from "./blur.ts";
import type { Family } from "./corruption.ts";
import { DIGITAL } from "./digital.ts";
import { NOISE } from "./noise.ts";
import { WEATHER } from "./weather.ts";

/** The families of the benchmark. */
export const FAMILIES: readonly Family[] = [NOISE, BLUR, WEATHER, DIGITAL];
