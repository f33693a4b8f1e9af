import {
  CliError,
  type Finding,
  type Input,
  type ItemRecord,
  type ItemScope,
  type Job,
  readProducts,
  type Run,
  type RunContext,
  type RunFinding,
  type RunInfo,
  suffixOf,
  writeAtomic,
} from "@vicinity/cli";
import type { PointLayout, RgbFrame } from "@vicinity/media";
import type { DETECT_OPTIONS } from "../options.ts";
import { CalibrationFiles } from "./calibration_files.ts";
import { readLabels } from "./evaluation/label_files.ts";
import { findBoxes } from "./find_boxes.ts";
import { placeScan } from "./place_scan.ts";
import { type PreparedScan, readLayout, readScan } from "./read_scan.ts";
import type { FoundInScan } from "./results/found.ts";
import { countsInWords, liftInWords, recordOf } from "./results/record.ts";
import { encodeResult, SCAN_RESULTS, TOGETHER } from "./scan_results.ts";
import { ScanStudio } from "./scan_studio.ts";
import { Together } from "./together.ts";

/** Results that have coordinates of a camera. */
const WITH_CAMERA = ["kitti"];

/** A run over scans of points, with one model. */
export class ScanRun implements Run<PreparedScan> {
  /** What its JSON calls the work. */
  readonly task = "detect3d";
  readonly #context: RunContext<typeof DETECT_OPTIONS>;
  readonly #studio: ScanStudio;
  readonly #products: readonly string[];
  readonly #layout: PointLayout | undefined;
  readonly #calibrations: CalibrationFiles;
  readonly #together: Together;
  #done = 0;

  /**
   * Checks what the user asked for.
   *
   * @param context The run.
   * @throws {CliError} `USAGE` for values that cannot be used.
   */
  constructor(context: RunContext<typeof DETECT_OPTIONS>) {
    const { values } = context;
    this.#context = context;
    this.#products = readProducts(SCAN_RESULTS, values.save);
    if (this.#products.length === 0 && !values.json && values.eval === undefined) {
      throw new CliError("USAGE", "--save none leaves no result", { hint: "add --json" });
    }
    this.#layout = readLayout(values.points);
    this.#studio = new ScanStudio(context);
    this.#calibrations = new CalibrationFiles(values.calib, context.warn);
    this.#together = new Together(context, this.#products);
  }

  /** Model and device, as far as they are known. */
  get info(): RunInfo {
    return this.#studio.info;
  }

  /** Files that are made of all scans together. */
  get together(): readonly string[] {
    return this.#together.names;
  }

  /** Names the results of a scan. */
  suffixes(_input: Input): readonly string[] {
    return this.#own.map((product) => suffixOf(SCAN_RESULTS, product));
  }

  /** Reads a scan. */
  async prepare({ input }: Job): Promise<PreparedScan> {
    return await readScan(input, this.#layout);
  }

  /** Kind of file and number of points. */
  describe({ cloud: { report } }: PreparedScan): Readonly<Record<string, unknown>> {
    return { type: report.format, points: report.rows, fields: report.fields };
  }

  /** What would be made of a scan. */
  plan(): Readonly<Record<string, unknown>> {
    return { products: this.#products };
  }

  /** Checks that the model is there and of the right network. */
  async checkModel(): Promise<void> {
    await this.#studio.check();
  }

  /** Finds boxes in a scan and writes its results. */
  async run(job: Job, prepared: PreparedScan, scope: ItemScope): Promise<Finding> {
    const { stem, cloud } = prepared;
    const { eval: pattern } = this.#context.values;
    const calibration = await this.#calibrations.of(
      stem,
      this.#products.some((product) => WITH_CAMERA.includes(product)),
    );
    const labels = pattern === undefined ? undefined : await readLabels(pattern, stem, calibration);
    const { finder, look, wanted, place } = await this.#studio.get();
    const placed = placeScan(cloud, finder.config, place);
    for (const warning of [...prepared.warnings, ...placed.warnings]) scope.warn(warning);
    const found = await findBoxes(finder, prepared, placed, wanted);
    const picture = once(() => look.paint(found, titleOf(found)));
    for (const [index, product] of this.#own.entries()) {
      const target = job.targets[index];
      if (product === "json" || target === undefined) continue;
      scope.signal.throwIfAborted();
      await writeAtomic(target, await encodeResult(product, found, { look, calibration, picture }));
    }
    await this.#together.add({ found, picture, placed, labels, finder });
    this.#report();
    return {
      result: {
        inRange: placed.inRange,
        dropped: cloud.report.dropped,
        lift: Number(placed.lift.toPrecision(6)),
        detections: found.boxes.map((box) => recordOf(found, box)),
      },
      summary: `${countsInWords(found)}; ${liftInWords(placed.lift)}`,
    };
  }

  /** Finishes what all scans make together. */
  async finish(records: readonly ItemRecord[]): Promise<RunFinding> {
    return await this.#together.finish(records);
  }

  /** Frees the model and the GPU. */
  [Symbol.dispose](): void {
    this.#studio[Symbol.dispose]();
  }

  /** Results of each scan by itself. */
  get #own(): readonly string[] {
    return this.#products.filter((product) => !Object.hasOwn(TOGETHER, product));
  }

  #report(): void {
    const { progress, count } = this.#context;
    this.#done++;
    progress.report({ phase: "run", done: this.#done, total: count, unit: "scan" });
  }
}

function titleOf({ stem, near }: FoundInScan): string {
  return `${stem}: ${near.scan.positions.length / 3} points`;
}

/** A picture that is painted when it is first asked for. */
function once(paint: () => RgbFrame): () => RgbFrame {
  let picture: RgbFrame | undefined;
  return () => picture ??= paint();
}
