import { CliError } from "@vicinity/cli";
import type { SegmenterFacts, SegmentOptions } from "@vicinity/vision";
import type { Sides } from "./options.ts";

/** The options that say how a picture is looked at. */
export interface LookValues {
  /** The value of `--size`. */
  readonly size: number | undefined;
  /** The value of `--scale`. */
  readonly scale: readonly number[] | undefined;
  /** The value of `--flip`. */
  readonly flip: boolean;
  /** The value of `--window`. */
  readonly window: Sides | undefined;
  /** The value of `--stride`. */
  readonly stride: Sides | undefined;
}

/**
 * How pictures are looked at.
 *
 * @param values The options.
 * @param segmenter The model, whose sizes apply where the user says nothing.
 * @returns Options for its runs.
 * @throws {CliError} `USAGE` when the options do not fit together.
 */
export function lookOptions(
  values: LookValues,
  segmenter?: Pick<SegmenterFacts, "input">,
): SegmentOptions {
  const { size, scale, flip, window, stride } = values;
  if (stride !== undefined && window === undefined) {
    throw new CliError("USAGE", "--stride needs --window", { hint: "give the window's size" });
  }
  if (window !== undefined && stride?.some((step, axis) => step > (window[axis] ?? 0))) {
    throw new CliError("USAGE", "--stride is larger than --window: pixels would be left out", {
      hint: "give a smaller stride",
    });
  }
  const input = segmenter?.input;
  return {
    flip,
    scales: scale,
    window: window && { size: window, stride: stride ?? twoThirds(window) },
    ...(size === undefined || input === undefined ? {} : {
      shortest: size,
      longest: Math.max(size, Math.round(input.longest * size / input.shortest)),
    }),
  };
}

/** Steps that configurations of mmsegmentation use, such as 341 of 512. */
function twoThirds([height, width]: Sides): Sides {
  const part = (side: number) => Math.max(1, Math.floor(side * 2 / 3));
  return [part(height), part(width)];
}
