import { encodeJson, writeAtomic } from "@vicinity/cli";
import { nuScenesResults, type NuScenesScan } from "@vicinity/dsvt";
import { classOfLabel, NUSCENES_RANGES } from "@vicinity/vision";
import type { FoundInScan } from "./results/found.ts";
import type { ScanPlace } from "./sweeps/scan_place.ts";

/** One file of the nuScenes benchmark with the boxes of all scans of a run. */
export class NuScenesFile {
  readonly #path: string;
  readonly #scans: NuScenesScan[] = [];
  #classes: readonly string[] = [];

  /**
   * Begins without a scan.
   *
   * @param path The file that will be there in the end.
   */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Adds a scan.
   *
   * @param found What was found.
   * @param known Its token, else its name without ending; the motion from its axes to the global
   * frame, without which boxes stay in them.
   */
  add(
    { stem, boxes, classes }: FoundInScan,
    { globalFromScan, sampleToken = stem }: Partial<
      Pick<ScanPlace, "globalFromScan" | "sampleToken">
    >,
  ): void {
    const known = Object.keys(NUSCENES_RANGES);
    this.#classes = classes.map(({ name }) => classOfLabel(name, known) ?? name);
    this.#scans.push({ sampleToken, boxes, globalFromScan });
  }

  /**
   * Writes the file.
   *
   * @returns Its path.
   */
  async write(): Promise<string> {
    const results = nuScenesResults(this.#scans, this.#classes);
    const inScan = this.#scans.some(({ globalFromScan }) => globalFromScan === undefined);
    await writeAtomic(this.#path, encodeJson(inScan ? { frame: "lidar", ...results } : results));
    return this.#path;
  }
}
