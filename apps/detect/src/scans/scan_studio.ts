import {
  type FactsFor,
  ModelSession,
  paint,
  type RunContext,
  type RunInfo,
  showClasses,
} from "@vicinity/cli";
import { type LidarScan, SCAN_FRAMES } from "@vicinity/dsvt";
import type { Gpu } from "@vicinity/tensor";
import { IDENTITY4 } from "@vicinity/vision";
import type { DETECT_OPTIONS } from "../options.ts";
import type { BoxFinder } from "./box_finder.ts";
import { sceneColors } from "./class_colors.ts";
import type { WantedBoxes } from "./find_boxes.ts";
import { BirdsEyeView, type GroundRange } from "./picture/view.ts";
import type { PlaceOptions } from "./place_scan.ts";
import { readRange } from "./read_range.ts";
import { readTransform } from "./read_transform.ts";
import { ScanLook } from "./scan_look.ts";

/** What scans of a run are worked on with. */
export interface ScanTools {
  /** The model. */
  readonly finder: BoxFinder;
  /** How pictures look. */
  readonly look: ScanLook;
  /** Which boxes are wanted. */
  readonly wanted: WantedBoxes;
  /** What the user said of axes and units. */
  readonly placing: PlaceOptions;
}

/** The model of a run with what depends on it, made when the first scan needs it. */
export class ScanStudio implements Disposable {
  readonly #context: RunContext<typeof DETECT_OPTIONS>;
  readonly #session: ModelSession<"detect3d">;
  readonly #range: GroundRange | undefined;
  #tools: Promise<ScanTools> | undefined;

  /**
   * Prepares to load.
   *
   * @param context The run.
   * @throws {CliError} `USAGE` for a range that cannot be read or is too large for a picture.
   */
  constructor(context: RunContext<typeof DETECT_OPTIONS>) {
    const range = context.values["bev-range"];
    this.#context = context;
    this.#range = range === undefined ? undefined : readRange(range);
    // What is too large is refused before the model is loaded, whichever axis will be up.
    if (this.#range !== undefined) new BirdsEyeView(this.#range, context.values["bev-res"]);
    this.#session = new ModelSession(context, "detect3d");
  }

  /** Model and device, as far as they are known. */
  get info(): RunInfo {
    return this.#session.info;
  }

  /** Checks the model file without loading it. */
  async check(): Promise<void> {
    await this.#session.check();
  }

  /** What the model says of itself, once it was checked. */
  get facts(): FactsFor<"detect3d"> | undefined {
    return this.#session.facts;
  }

  /**
   * Finds out what a scan takes, without looking at it.
   *
   * @param idleGpu Makes a context that runs nothing.
   * @param scan The scan in the model's axes; none where the model would not see it.
   * @returns Most bytes of GPU memory that it and the scans before it hold at a time.
   */
  async rehearse(idleGpu: () => Gpu, scan: LidarScan | undefined): Promise<number> {
    const run = async (finder: BoxFinder) => scan && await finder.run(scan, {});
    return await this.#session.rehearse(idleGpu, { run });
  }

  /** The tools; made by the first call. */
  get(): Promise<ScanTools> {
    return this.#tools ??= this.#make();
  }

  /** Frees the model and the GPU. */
  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }

  async #make(): Promise<ScanTools> {
    const { values, given, note } = this.#context;
    const placing = await this.placing();
    const finder = await this.#session.get();
    // What the user says, else what the model says of itself, else what suits most models.
    const confOf = (name: "conf" | "vis-conf") =>
      given.has(name) ? values[name] : finder.config.shownScore ?? values[name];
    const classes = await paint(sceneColors(finder.classes), values.palette);
    return {
      finder,
      look: new ScanLook({
        view: this.#viewOf(finder),
        coloring: values["bev-color"],
        shownConf: confOf("vis-conf"),
      }),
      wanted: {
        conf: confOf("conf"),
        most: values["max-boxes"],
        shown: showClasses(classes, values.classes),
        onStage: values.verbose
          ? (stage, ms) => note(`  ${stage} ${Math.round(ms)} ms`)
          : undefined,
      },
      placing,
    };
  }

  /** What the user said of axes and units. */
  async placing(): Promise<PlaceOptions> {
    const { values } = this.#context;
    const { transform } = values;
    return {
      frame: values.frame,
      transform: transform === undefined ? IDENTITY4 : await readTransform(transform),
      zOffset: values["z-offset"],
      intensityScale: values["intensity-scale"],
    };
  }

  /** The part of the ground that the user wants to see, else what the model looks at. */
  #viewOf({ config: { frame, range } }: BoxFinder): BirdsEyeView {
    const whole: GroundRange = {
      x: [range.min[0], range.max[0]],
      y: [range.min[1], range.max[1]],
    };
    const forward = SCAN_FRAMES[frame].forward === 1 ? "y" : "x";
    return new BirdsEyeView(this.#range ?? whole, this.#context.values["bev-res"], forward);
  }
}
