import type { ShownClasses } from "@vicinity/cli";
import { inverse4, type ScoredBox3d, transformBox } from "@vicinity/vision";
import type { BoxFinder } from "./box_finder.ts";
import type { PlacedScan } from "./place_scan.ts";
import type { PreparedScan } from "./read_scan.ts";
import type { FoundInScan } from "./results/found.ts";

/** Which boxes are wanted. */
export interface WantedBoxes {
  /** Least score. */
  readonly conf: number;
  /** At most so many. */
  readonly most: number;
  /** Which classes. */
  readonly shown: ShownClasses;
  /** Told how long the parts of the network took. */
  readonly onStage: ((stage: string, milliseconds: number) => void) | undefined;
}

/**
 * Finds boxes in a scan and brings them back into the axes of its file.
 *
 * @param finder The model.
 * @param prepared The scan as read.
 * @param placed The same in the model's axes.
 * @param wanted Which boxes are wanted.
 * @returns What was found.
 */
export async function findBoxes(
  finder: BoxFinder,
  { cloud, scan, stem }: PreparedScan,
  placed: PlacedScan,
  { conf, most, shown, onStage }: WantedBoxes,
): Promise<FoundInScan> {
  const found = placed.inRange === 0 ? [] : await finder.run(placed.scan, { onStage });
  const sorted = found.toSorted((a, b) => b.score - a.score);
  const boxes = sorted
    .filter(({ score, classId }) => score >= conf && shown.shows(classId))
    .slice(0, most);
  const toFile = inverse4(placed.toModel);
  const near = boxes.map((box) => transformBox(box, toFile));
  const { origin } = cloud.report;
  return {
    boxes: near.map((box) => shifted(box, origin)),
    everything: sorted.map((box) => shifted(transformBox(box, toFile), origin)),
    near: { scan, boxes: near },
    placed: { scan: placed.scan, boxes },
    origin,
    classes: shown.classes,
    stem,
  };
}

function shifted(box: ScoredBox3d, [dx, dy, dz]: FoundInScan["origin"]): ScoredBox3d {
  const [x, y, z] = box.center;
  return { ...box, center: [x + dx, y + dy, z + dz] };
}
