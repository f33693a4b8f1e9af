import { join } from "node:path";
import type { ItemRecord, RunContext, RunFinding } from "@vicinity/cli";
import type { RgbFrame } from "@vicinity/media";
import type { DETECT_OPTIONS } from "../options.ts";
import { BevVideo } from "./bev_video.ts";
import type { BoxFinder } from "./box_finder.ts";
import { readEgo } from "./ego_files.ts";
import type { ScanLabels } from "./evaluation/label_files.ts";
import { ScanEvaluation } from "./evaluation/scan_evaluation.ts";
import { NuScenesFile } from "./nuscenes_file.ts";
import type { PlacedScan } from "./place_scan.ts";
import type { FoundInScan } from "./results/found.ts";
import { TOGETHER } from "./scan_results.ts";
import type { ScanPlace } from "./sweeps/scan_place.ts";

/** A scan that is done. */
export interface DoneScan {
  /** What was found. */
  readonly found: FoundInScan;
  /** Its picture, painted when asked for. */
  readonly picture: () => RgbFrame;
  /** Where the model has it. */
  readonly placed: PlacedScan;
  /** What is there, where it is known. */
  readonly labels: ScanLabels | undefined;
  /** The model. */
  readonly finder: BoxFinder;
  /** Where it was taken, if that is known. */
  readonly place: ScanPlace | undefined;
}

/** What all scans of a run make together: a video, a file of nuScenes, a comparison with labels. */
export class Together {
  /** Names of the files. */
  readonly names: readonly string[];
  readonly #ego: string | undefined;
  readonly #video: BevVideo | undefined;
  readonly #nuscenes: NuScenesFile | undefined;
  readonly #evaluation: ScanEvaluation | undefined;
  readonly #signal: AbortSignal;

  /**
   * Begins without a scan.
   *
   * @param context The run.
   * @param products The results that are wanted.
   */
  constructor(
    { values, folder = "", signal }: RunContext<typeof DETECT_OPTIONS>,
    products: readonly string[],
  ) {
    const path = (product: string) =>
      products.includes(product) ? join(folder, TOGETHER[product] ?? "") : undefined;
    const [video, nuscenes] = [path("bev-video"), path("nuscenes")];
    const rate = { fps: values["bev-fps"], signal };
    this.names = products.flatMap((product) => TOGETHER[product] ?? []);
    this.#ego = values.ego;
    this.#video = video === undefined ? undefined : new BevVideo(video, rate);
    this.#nuscenes = nuscenes === undefined ? undefined : new NuScenesFile(nuscenes);
    this.#evaluation = values.eval === undefined
      ? undefined
      : new ScanEvaluation(values["eval-by"]);
    this.#signal = signal;
  }

  /** Adds a scan. */
  async add({ found, picture, placed, labels, finder, place }: DoneScan): Promise<void> {
    if (this.#nuscenes !== undefined) {
      const ego = this.#ego === undefined
        ? {}
        : { globalFromScan: await readEgo(this.#ego, found.stem) };
      this.#nuscenes.add(found, { ...place, ...ego });
    }
    if (labels !== undefined) this.#evaluation?.add(found, labels, placed, finder.config);
    await this.#video?.add(picture());
  }

  /** Finishes it; a run that was stopped leaves nothing of it. */
  async finish(records: readonly ItemRecord[]): Promise<RunFinding> {
    const isCut = this.#signal.aborted || records.some(({ status }) => status === "not run");
    if (isCut || !records.some(({ status }) => status === "done")) {
      await this.#video?.abort();
      return { files: [], lines: [] };
    }
    const made = {
      "bev-video": await this.#video?.close(),
      nuscenes: await this.#nuscenes?.write(),
    };
    const files = Object.entries(made).flatMap(([product, path]) =>
      path === undefined ? [] : [{ product, path }]
    );
    return { files, ...this.#compared() };
  }

  #compared(): Pick<RunFinding, "lines" | "result"> {
    const evaluation = this.#evaluation;
    if (evaluation === undefined) return { lines: [] };
    const { verdicts, scans } = evaluation;
    const evaluations = Object.fromEntries(
      verdicts.map(({ protocol, result }) => [protocol, result]),
    );
    return { lines: verdicts.flatMap(({ lines }) => lines), result: { scans, evaluations } };
  }
}
