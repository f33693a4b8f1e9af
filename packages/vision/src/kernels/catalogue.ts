/** Kernels of every family in every variant, for checking them all with a strict compiler. */
import type { Kernel } from "@vicinity/tensor";
import { classMasks, rowsOfNumbers } from "./class_masks.ts";
import { classScores, moveAnchors, moveByClass, moveRegions } from "./move_boxes.ts";
import { patches } from "./patches.ts";
import { roiAlign } from "./roi_align.ts";
import { overlaps, suppress } from "./suppress.ts";
import { topDown } from "./top_down.ts";

const BOTH = [false, true] as const;

/**
 * Lists the kernels.
 *
 * @returns One kernel a variant.
 */
export function catalogue(): Kernel[] {
  return [
    ...BOTH.map((vector) => roiAlign({ vector })),
    ...BOTH.map((vector) => topDown({ vector })),
    ...BOTH.flatMap((vector) =>
      (["map", "squares"] as const).map((source) => patches({ vector, source }))
    ),
    moveAnchors(),
    moveRegions(),
    moveByClass(),
    classScores(),
    overlaps(),
    suppress(),
    rowsOfNumbers(),
    classMasks(),
  ];
}
