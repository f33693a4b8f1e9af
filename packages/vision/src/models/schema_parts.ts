/** Schemas that the configurations of all models are made of. */
import * as v from "valibot";
import type { ClassInfo, Rgb } from "../classes.ts";

/** A whole number of at least 1. */
export const COUNT: v.GenericSchema<unknown, number> = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
);

/** A whole number of at least 0. */
export const WHOLE: v.GenericSchema<unknown, number> = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
);

/** Red, green and blue, 0 to 255. */
export const COLOR: v.GenericSchema<unknown, Rgb> = v.tuple([v.number(), v.number(), v.number()]);

/** Names and colours of classes, in the order of their numbers. */
export const CLASSES: v.GenericSchema<unknown, ClassInfo[]> = v.array(
  v.object({ name: v.string(), color: COLOR }),
);
