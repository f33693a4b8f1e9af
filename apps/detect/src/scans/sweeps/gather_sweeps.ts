import { basename } from "node:path";
import { CliError, type RunContext, shownPath, type Warning } from "@vicinity/cli";
import { aggregateSweeps, type LidarScan, type Sweep } from "@vicinity/dsvt";
import { MediaError, type PointCloud, type PointLayout, readPoints } from "@vicinity/media";
import { IDENTITY4, type Matrix4, multiply4 } from "@vicinity/vision";
import type { DETECT_OPTIONS } from "../../options.ts";
import type { BoxFinder } from "../box_finder.ts";
import type { PreparedScan } from "../read_scan.ts";
import { ListedPlaces } from "./listed_places.ts";
import { NuscenesPlaces } from "./nuscenes_places.ts";
import type { PlaceSource, ScanPlace, SweepFile } from "./scan_place.ts";

/** Several turns of a sensor as one. */
export interface GatheredScan {
  /** All points, in the axes of the newest turn, with their lags as times. */
  readonly scan: LidarScan;
  /** The earlier turns, newest first. */
  readonly earlier: readonly SweepFile[];
  /** Turns that were wanted, the newest one included; where fewer are there the last one repeats. */
  readonly wanted: number;
}

/** Puts the scans of a run together with those before them, where the user says what these are. */
export class SweepGatherer {
  readonly #sweeps: number | undefined;
  readonly #source: PlaceSource | undefined;
  readonly #layout: PointLayout | undefined;
  readonly #warn: (warning: Warning) => void;
  readonly #clouds = new Map<string, PointCloud>();
  #warned = false;

  /**
   * Reads nothing yet.
   *
   * @param context The run.
   * @param layout What the columns of files mean, if the user said so.
   * @throws {CliError} `USAGE` for options that contradict each other.
   */
  constructor(
    { values: { sweeps, poses, tables }, warn }: RunContext<typeof DETECT_OPTIONS>,
    layout: PointLayout | undefined,
  ) {
    if (poses !== undefined && tables !== undefined) {
      throw new CliError("USAGE", "--poses and --tables both say where scans were taken", {
        hint: "leave one out",
      });
    }
    if (sweeps !== undefined && poses === undefined && tables === undefined) {
      throw new CliError("USAGE", "--sweeps needs to know where scans were taken", {
        hint: "add --poses with a list of files, or --tables with nuScenes' tables",
      });
    }
    this.#sweeps = sweeps;
    this.#layout = layout;
    this.#warn = warn;
    if (poses !== undefined) this.#source = new ListedPlaces(poses);
    if (tables !== undefined) this.#source = new NuscenesPlaces(tables);
  }

  /**
   * Looks up where a scan was taken.
   *
   * @param path Its absolute path.
   * @returns What is known; undefined when the user named no source.
   * @throws {CliError} `SWEEPS` when the source does not know it.
   */
  async find(path: string): Promise<ScanPlace | undefined> {
    return await this.#source?.find(path);
  }

  /**
   * Puts a scan and those before it together, as many as the user or the model wants.
   *
   * @param prepared The scan.
   * @param place Where it was taken.
   * @param config What the model wants.
   * @param transform What brings the points to metres.
   * @returns All of them as one; undefined where the scan stays alone.
   * @throws {CliError} `SWEEPS` when a file of an earlier one is missing or cannot be read.
   */
  async gather(
    { cloud }: PreparedScan,
    place: ScanPlace,
    config: BoxFinder["config"],
    transform: Matrix4,
  ): Promise<GatheredScan | undefined> {
    const wanted = this.#sweeps ?? config.sweeps;
    this.#warnOf(wanted, config);
    if (wanted === 1) return undefined;
    const earlier = await place.sweepsBefore(wanted - 1);
    const sweeps: Sweep[] = [];
    for (const { path, toKey, lag } of earlier) {
      const scan = await this.#read(path, earlier);
      sweeps.push({ scan, toKey: lessOrigins(toKey, cloud, scan), lag });
    }
    const scan = aggregateSweeps(cloud, sweeps, {
      count: wanted - 1,
      egoFrame: config.frame === "waymo" ? "key" : "sweep",
      egoRadius: EGO_METRES / scaleOf(transform),
    });
    return { scan, earlier, wanted };
  }

  /** A model of single scans is told of once a run. */
  #warnOf(wanted: number, { sweeps, features }: BoxFinder["config"]): void {
    if (this.#warned) return;
    const message = messageOf(this.#sweeps === undefined, wanted, { sweeps, features });
    if (message === undefined) return;
    this.#warned = true;
    this.#warn({ code: "POINTS_SWEEPS", message });
  }

  /** Files are needed again by the scans that follow; those that are not are forgotten. */
  async #read(path: string, needed: readonly SweepFile[]): Promise<PointCloud> {
    const known = this.#clouds.get(path);
    if (known !== undefined) return known;
    for (const old of this.#clouds.keys()) {
      if (!needed.some((sweep) => sweep.path === old)) this.#clouds.delete(old);
    }
    const cloud = await readSweep(path, this.#layout);
    this.#clouds.set(path, cloud);
    return cloud;
  }
}

/** The vehicle's own points are nearer than this along x and y, in nuScenes' rule. */
const EGO_METRES = 1;

function messageOf(
  isModels: boolean,
  wanted: number,
  { sweeps, features }: Pick<BoxFinder["config"], "sweeps" | "features">,
): string | undefined {
  if (isModels && wanted === 1) {
    return "the model was trained on single scans, so none is put together; --sweeps N puts N " +
      "together all the same";
  }
  if (wanted > 1 && !features.includes("time")) {
    return "the model was trained on single scans and does not see which points are old, so what " +
      "moves is smeared";
  }
  if (wanted > 1 && wanted !== sweeps) {
    return `the model was trained on ${sweeps} sweeps put together and gets ${wanted}`;
  }
  return undefined;
}

async function readSweep(path: string, layout: PointLayout | undefined): Promise<PointCloud> {
  let reason: string;
  try {
    return await readPoints(await Deno.readFile(path), { name: basename(path), layout });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) reason = "is not there";
    else if (error instanceof MediaError) reason = `cannot be read: ${error.message}`;
    else throw error;
  }
  throw new CliError("SWEEPS", `the earlier scan ${shownPath(path)} ${reason}`, {
    file: path,
    hint: "bring it, or look at the scan alone with --sweeps 1",
  });
}

/** Readers take a large offset off all coordinates, of each file its own. */
function lessOrigins(toKey: Matrix4, key: PointCloud, sweep: PointCloud): Matrix4 {
  const shift = ([x, y, z]: PointCloud["report"]["origin"], sign: 1 | -1) =>
    IDENTITY4.with(3, sign * x).with(7, sign * y).with(11, sign * z);
  return multiply4(
    shift(key.report.origin, -1),
    multiply4(toKey, shift(sweep.report.origin, 1)),
  );
}

function scaleOf(transform: Matrix4): number {
  return Math.hypot(...transform.slice(0, 3));
}
