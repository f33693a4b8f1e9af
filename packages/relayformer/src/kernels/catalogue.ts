/** Kernels of every family in every variant, for checking them all with a strict compiler. */
import type { Kernel } from "@vicinity/tensor";
import { averageRows } from "./average_rows.ts";

/**
 * Lists the kernels.
 *
 * @returns One kernel a variant.
 */
export function catalogue(): Kernel[] {
  return [false, true].map((vector) => averageRows({ vector }));
}
