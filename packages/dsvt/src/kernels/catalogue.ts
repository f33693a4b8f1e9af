/** Kernels of every family in every variant, for checking them all with a strict compiler. */
import type { Kernel } from "@vicinity/tensor";
import { localKeys } from "./local_keys.ts";
import { localPeaks } from "./local_peaks.ts";

/**
 * Lists the kernels.
 *
 * @returns One kernel a variant.
 */
export function catalogue(): Kernel[] {
  return [
    localKeys(),
    localPeaks(),
  ];
}
