import type { LidarScan } from "@vicinity/dsvt";
import type { RgbFrame } from "@vicinity/media";
import { paintScan } from "./picture/paint_scan.ts";
import { pointColor, type PointColoring, type PointColors, pointColors } from "./picture/points.ts";
import type { BirdsEyeView } from "./picture/view.ts";
import type { FoundInScan } from "./results/found.ts";

/** How the pictures of a run look. */
export interface LookOptions {
  /** The part of the ground and the size of the picture. */
  readonly view: BirdsEyeView;
  /** What the colours of points say. */
  readonly coloring: PointColoring;
  /** Least score of the boxes that are painted. */
  readonly shownConf: number;
}

/** Paints the scans of a run alike: colours mean the same in all of its pictures. */
export class ScanLook {
  readonly #options: LookOptions;
  #colors: PointColors | undefined;

  /**
   * Begins without a scan; the first one decides what the colours mean.
   *
   * @param options How pictures look.
   */
  constructor(options: LookOptions) {
    this.#options = options;
  }

  /**
   * The bird's-eye picture of a scan.
   *
   * @param found What was found in it.
   * @param title A line about it.
   * @returns The picture.
   */
  paint({ placed: { scan, boxes }, classes }: FoundInScan, title: string): RgbFrame {
    const { view, shownConf } = this.#options;
    const shown = boxes.filter(({ score }) => score >= shownConf);
    return paintScan({ scan, boxes: shown, classes, title }, view, this.#colorsFor(scan));
  }

  /**
   * The colour of each point of a scan, as in its picture.
   *
   * @param found What was found in it.
   * @returns Its colour by its number.
   */
  pointColors(
    { placed: { scan } }: FoundInScan,
  ): (point: number) => readonly [number, number, number] {
    const colors = this.#colorsFor(scan);
    return (point) => pointColor(scan, point, colors);
  }

  #colorsFor(scan: LidarScan): PointColors {
    const { view, coloring } = this.#options;
    return this.#colors ??= pointColors(scan, coloring, view);
  }
}
