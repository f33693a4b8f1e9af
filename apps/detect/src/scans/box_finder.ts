import type { DsvtConfig, LidarScan } from "@vicinity/dsvt";
import type { ClassInfo, ScoredBox3d } from "@vicinity/vision";

/** What a run needs of a detector of boxes in scans. */
export interface BoxFinder extends Disposable {
  /** Names and colours of its classes. */
  readonly classes: readonly ClassInfo[];
  /** Axes, features and range that it was trained with. */
  readonly config: Pick<
    DsvtConfig,
    "features" | "frame" | "maskZ" | "range" | "shownScore" | "sweeps"
  >;
  /** Finds boxes in a scan in its own axes and units; may tell how long each part took. */
  run(
    scan: LidarScan,
    options: { readonly onStage?: ((stage: string, milliseconds: number) => void) | undefined },
  ): Promise<readonly ScoredBox3d[]>;
}
