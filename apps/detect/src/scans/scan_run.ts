import {
  type Finding,
  type Input,
  type ItemRecord,
  type ItemScope,
  type Job,
  type NamedResult,
  type PlanRequest,
  type PlanResult,
  readProducts,
  requireProducts,
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
import type { BoxFinder } from "./box_finder.ts";
import { type PlaceOptions, placeScan } from "./place_scan.ts";
import { type PreparedScan, readLayout, readScan } from "./read_scan.ts";
import type { FoundInScan } from "./results/found.ts";
import {
  countsInWords,
  liftInWords,
  recordOf,
  recordOfSweep,
  sweepsInWords,
} from "./results/record.ts";
import { encodeResult, type ResultTools, SCAN_RESULTS, TOGETHER } from "./scan_results.ts";
import { ScanStudio } from "./scan_studio.ts";
import { type GatheredScan, SweepGatherer } from "./sweeps/gather_sweeps.ts";
import type { ScanPlace } from "./sweeps/scan_place.ts";
import { Together } from "./together.ts";

/** Results that have coordinates of a camera. */
const WITH_CAMERA = ["kitti"];

/** A scan with what is known of where it was taken. */
interface PlacedFile extends PreparedScan {
  readonly place: ScanPlace | undefined;
}

/** A run over scans of points, with one model. */
export class ScanRun implements Run<PlacedFile> {
  /** What its JSON calls the work. */
  readonly task = "detect3d";
  readonly #context: RunContext<typeof DETECT_OPTIONS>;
  readonly #studio: ScanStudio;
  readonly #products: readonly string[];
  readonly #layout: PointLayout | undefined;
  readonly #calibrations: CalibrationFiles;
  readonly #sweeps: SweepGatherer;
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
    requireProducts(this.#products, values.json || values.eval !== undefined);
    this.#layout = readLayout(values.points);
    this.#sweeps = new SweepGatherer(context, this.#layout);
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
  results(_input: Input): readonly NamedResult[] {
    return this.#own.map((product) => ({ product, suffix: suffixOf(SCAN_RESULTS, product) }));
  }

  /** Reads a scan. */
  async prepare({ input }: Job): Promise<PlacedFile> {
    const prepared = await readScan(input, this.#layout);
    return { ...prepared, place: await this.#sweeps.find(input.path) };
  }

  /** Kind of file and number of points. */
  describe({ cloud: { report } }: PlacedFile): Readonly<Record<string, unknown>> {
    return { type: report.format, points: report.rows, fields: report.fields };
  }

  /** What would be made of a scan, and how much of it the model would see. */
  async plan(single: PlacedFile, { idleGpu }: PlanRequest): Promise<PlanResult> {
    const products = this.#products;
    const { facts } = this.#studio;
    if (facts === undefined) return { products };
    const { placed } = await this.#place(single, facts, await this.#studio.placing());
    const { inRange, lift, scan } = placed;
    const work = { inRange, lift: Number(lift.toPrecision(6)) };
    if (idleGpu === undefined) return { products, work };
    const memoryBytes = await this.#studio.rehearse(idleGpu, inRange === 0 ? undefined : scan);
    return { products, work: { ...work, memoryBytes } };
  }

  /** Checks that the model is there and of the right network. */
  async checkModel(): Promise<void> {
    await this.#studio.check();
  }

  /** Finds boxes in a scan; its results are written later. */
  async run(job: Job, prepared: PlacedFile, scope: ItemScope): Promise<Finding> {
    const { stem, cloud, place } = prepared;
    const { eval: pattern } = this.#context.values;
    const calibration = await this.#calibrations.of(
      stem,
      this.#products.some((product) => WITH_CAMERA.includes(product)),
    );
    const labels = pattern === undefined ? undefined : await readLabels(pattern, stem, calibration);
    const { finder, look } = await this.#studio.get();
    const { found, gathered, placed } = await this.#find(prepared, scope);
    const picture = once(() => look.paint(found, titleOf(found, gathered)));
    const done = ++this.#done;
    return {
      write: async () => {
        await this.#write(job, found, { look, calibration, picture });
        await this.#together.add({ found, picture, placed, labels, finder, place });
        this.#report(done);
      },
      result: {
        ...(gathered && { sweeps: gathered.earlier.map(recordOfSweep) }),
        inRange: placed.inRange,
        dropped: cloud.report.dropped,
        lift: Number(placed.lift.toPrecision(6)),
        detections: found.boxes.map((box) => recordOf(found, box)),
      },
      summary: [
        countsInWords(found),
        liftInWords(placed.lift),
        ...sweepsInWords(gathered),
      ].join("; "),
    };
  }

  /** Finds boxes in a scan, with those before it where that is wanted. */
  async #find(single: PlacedFile, scope: ItemScope) {
    const { finder, wanted, placing } = await this.#studio.get();
    const { prepared, gathered, placed } = await this.#place(single, finder.config, placing);
    for (const warning of [...prepared.warnings, ...placed.warnings]) scope.warn(warning);
    return { found: await findBoxes(finder, prepared, placed, wanted), gathered, placed };
  }

  /** Brings a scan, with those before it where that is wanted, to where the model sees it. */
  async #place(single: PlacedFile, config: BoxFinder["config"], placing: PlaceOptions) {
    const gathered = single.place &&
      await this.#sweeps.gather(single, single.place, config, placing.transform);
    const prepared = { ...single, ...(gathered && { scan: gathered.scan }) };
    return { prepared, gathered, placed: placeScan(prepared, config, placing) };
  }

  /** Writes the results of one scan. */
  async #write(
    { targets }: Job,
    found: FoundInScan,
    tools: ResultTools,
  ): Promise<void> {
    for (const [index, product] of this.#own.entries()) {
      const target = targets[index];
      if (product === "json" || target === undefined) continue;
      await writeAtomic(target, await encodeResult(product, found, tools));
    }
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

  #report(done: number): void {
    const { progress, count } = this.#context;
    progress.report({ phase: "run", done, total: count, unit: "scan" });
  }
}

function titleOf({ stem, near }: FoundInScan, gathered: GatheredScan | undefined): string {
  const points = `${near.scan.positions.length / 3} points`;
  return `${stem}: ${[points, ...sweepsInWords(gathered)].join(" of ")}`;
}

/** A picture that is painted when it is first asked for. */
function once(paint: () => RgbFrame): () => RgbFrame {
  let picture: RgbFrame | undefined;
  return () => picture ??= paint();
}
