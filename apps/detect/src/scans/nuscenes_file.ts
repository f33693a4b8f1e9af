import { encodeJson, writeAtomic } from "@vicinity/cli";
import { nuScenesResults, type NuScenesScan } from "@vicinity/dsvt";
import { classOfLabel, type Matrix4, NUSCENES_RANGES } from "@vicinity/vision";
import type { FoundInScan } from "./results/found.ts";

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
   * Adds a scan; its name without ending is its sample token.
   *
   * @param found What was found.
   * @param globalFromScan The motion to the global frame; boxes stay in the axes of the scan without.
   */
  add({ stem, boxes, classes }: FoundInScan, globalFromScan: Matrix4 | undefined): void {
    const known = Object.keys(NUSCENES_RANGES);
    this.#classes = classes.map(({ name }) => classOfLabel(name, known) ?? name);
    this.#scans.push({ sampleToken: stem, boxes, globalFromScan });
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
