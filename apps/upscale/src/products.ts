import type { Job, ProductTable } from "@vicinity/cli";
import { comparisonWidth } from "./compare.ts";
import type { TargetSize } from "./target_size.ts";

/** The results that can be made of an input; in their names the size comes first. */
export const PRODUCTS: ProductTable = {
  suffixes: { result: "", compare: "compare." },
  moving: ["result", "compare"],
  usual: ["result"],
};

/** A result of an input: what it shows, and where it goes. */
export interface Result {
  /** What it shows. */
  readonly product: string;
  /** Its file. */
  readonly target: string;
  /** Its columns. */
  readonly width: number;
}

/**
 * The results of an input.
 *
 * @param products What is wanted.
 * @param job The files, in the same order.
 * @param size The size of the enlarged input.
 * @returns What goes where.
 */
export function resultsOf(
  products: readonly string[],
  { targets }: Job,
  size: TargetSize,
): readonly Result[] {
  return products.flatMap((product, index) => {
    const target = targets[index];
    const width = product === "compare" ? comparisonWidth(size) : size.width;
    return target === undefined ? [] : [{ product, target, width }];
  });
}
