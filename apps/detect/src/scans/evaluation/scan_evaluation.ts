import { type ClassInfo, type KittiTruth, transformBox } from "@vicinity/vision";
import type { BoxFinder } from "../box_finder.ts";
import type { PlacedScan } from "../place_scan.ts";
import type { FoundInScan } from "../results/found.ts";
import type { ScanLabels } from "./label_files.ts";
import { type NamedSample, type ProtocolName, PROTOCOLS, type Verdict } from "./protocols.ts";

/** Compares what is found in the scans of a run with their labels. */
export class ScanEvaluation {
  readonly #protocol: ProtocolName | "auto";
  readonly #samples: NamedSample[] = [];
  #isKitti = true;
  #classes: readonly ClassInfo[] = [];

  /**
   * Begins without a scan.
   *
   * @param protocol The value of `--eval-by`.
   */
  constructor(protocol: ProtocolName | "auto") {
    this.#protocol = protocol;
  }

  /**
   * Adds a scan: its labels within the model's range, and all boxes that the model found, however
   * unsure.
   *
   * @param found What was found.
   * @param labels What is there.
   * @param placed Where the model has the scan.
   * @param config The model's range.
   */
  add(
    found: FoundInScan,
    labels: ScanLabels,
    { toModel }: PlacedScan,
    { range }: BoxFinder["config"],
  ): void {
    const isSeen = ({ box }: KittiTruth): boolean => {
      const near = box.center.map((value, axis) => value - (found.origin[axis] ?? 0));
      const [x = 0, y = 0, z = 0] = near;
      const { center } = transformBox({ ...box, center: [x, y, z] }, toModel);
      return [0, 1].every((axis) => {
        const value = center[axis] ?? 0;
        return value >= (range.min[axis] ?? 0) && value <= (range.max[axis] ?? 0);
      });
    };
    this.#isKitti &&= labels.isKitti;
    this.#classes = found.classes;
    this.#samples.push({
      truth: labels.truth.filter(isSeen),
      found: found.everything.map((box) => ({
        name: found.classes[box.classId]?.name ?? "",
        box,
        score: box.score,
      })),
    });
  }

  /** How many scans were added. */
  get scans(): number {
    return this.#samples.length;
  }

  /** What the protocols say: those that the user chose, else those that fit labels and classes. */
  get verdicts(): readonly Verdict[] {
    const names = this.#classes.map(({ name }) => name);
    return this.#chosen(names).map((protocol) => PROTOCOLS[protocol](this.#samples, names));
  }

  #chosen(names: readonly string[]): readonly ProtocolName[] {
    if (this.#protocol !== "auto") return [this.#protocol];
    if (this.#isKitti) return ["kitti"];
    return names.includes("construction_vehicle") ? ["nuscenes"] : ["distance", "waymo"];
  }
}
