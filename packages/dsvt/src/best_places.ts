/** The surest places of a heat map. */
import { gatherRows, permute, reshape, type Tensor, topK } from "@vicinity/tensor";
import { rowsOfNumbers } from "@vicinity/vision";

/** Places with what is likely there. */
export interface BestPlaces {
  /** f32 `[n]`, falling. */
  readonly logits: Tensor;
  /** u32 `[n]`: numbers of classes. */
  readonly classIds: Tensor;
  /** u32 `[n]`: row · width + column; a place may be there once for each class. */
  readonly places: Tensor;
}

/**
 * Finds the places with the largest values of all classes.
 *
 * @param heatmap `[1, rows, columns, classes]`, logits.
 * @param count How many; fewer where there are not as many.
 * @returns The places; of equal ones lower classes, then lower places come first.
 */
export function bestPlaces(heatmap: Tensor, count: number): BestPlaces {
  const [, rows = 0, columns = 0, classes = 0] = heatmap.shape;
  const ofClasses = topK(permute(reshape(heatmap, [rows * columns, classes]), [1, 0]), count);
  const each = ofClasses.values.shape[1] ?? 0;
  const best = topK(reshape(ofClasses.values, [classes * each]), count);
  const chosen = best.indices.shape[0] ?? 0;
  return {
    logits: best.values,
    classIds: rowsOfNumbers(best.indices, each),
    places: reshape(
      gatherRows(reshape(ofClasses.indices, [classes * each, 1]), best.indices),
      [chosen],
    ),
  };
}
