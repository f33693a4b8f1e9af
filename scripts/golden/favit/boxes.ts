/** Boxes with their scores, each with its own bar. */
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";
import { BOXES, TINY_NETWORK, type Tolerance } from "../tolerance.ts";

/**
 * Compares rows of a box and its score.
 *
 * @param golden The file.
 * @param name Its tensor `[n, 5]`.
 * @param rows As many values.
 * @param boxes Bar of the boxes.
 */
export async function* comparedBoxes(
  golden: GoldenCase,
  name: string,
  rows: readonly number[],
  boxes: Tolerance = BOXES,
): AsyncGenerator<Produced> {
  const { shape, values } = await golden.tensor(name);
  const parts: [Tolerance, (column: number) => boolean][] = [
    [boxes, (column) => column < 4],
    [TINY_NETWORK, (column) => column === 4],
  ];
  for (const [tolerance, wanted] of parts) {
    const part = (all: ArrayLike<number>) =>
      Float64Array.from(Array.from(all).filter((_, at) => wanted(at % 5)));
    yield { name, values: part(rows), expected: { shape, values: part(values) }, tolerance };
  }
}
