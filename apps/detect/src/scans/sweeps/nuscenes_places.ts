import { dirname, extname, join } from "node:path";
import { CliError, userPath } from "@vicinity/cli";
import {
  type NuscenesPose,
  type NuscenesSampleData,
  type NuscenesSweep,
  NuscenesSweepFinder,
} from "@vicinity/dsvt";
import { POINT_ENDINGS } from "@vicinity/media";
import * as v from "valibot";
import { jsonRows } from "./json_rows.ts";
import type { PlaceSource, ScanPlace, SweepFile } from "./scan_place.ts";

const NUMBER = v.pipe(v.number(), v.finite());
const SAMPLE_DATA = v.object({
  token: v.string(),
  prev: v.string(),
  timestamp: NUMBER,
  filename: v.string(),
  sample_token: v.string(),
  ego_pose_token: v.string(),
  calibrated_sensor_token: v.string(),
});
const POSE = v.object({
  token: v.string(),
  translation: v.strictTuple([NUMBER, NUMBER, NUMBER]),
  rotation: v.strictTuple([NUMBER, NUMBER, NUMBER, NUMBER]),
});

/** Where scans were taken, from the tables of nuScenes or a data set of its form. */
export class NuscenesPlaces implements PlaceSource {
  readonly #folder: string;
  #finder: Promise<NuscenesSweepFinder> | undefined;

  /**
   * Reads nothing yet.
   *
   * @param folder The value of `--tables`.
   */
  constructor(folder: string) {
    this.#folder = userPath(folder);
  }

  /** Looks a scan up by the name of its file. */
  async find(path: string): Promise<ScanPlace> {
    const finder = await (this.#finder ??= readTables(this.#folder));
    const row = finder.rowOf(path);
    if (row === undefined) {
      throw new CliError("SWEEPS", "the tables have no row for this scan", {
        file: path,
        hint: "give the folder of --tables that belongs to it, such as v1.0-mini",
      });
    }
    return {
      globalFromScan: this.#known(() => finder.globalFromSensor(row.token)),
      sampleToken: row.sample_token,
      sweepsBefore: async (count) => {
        const sweeps = this.#known(() => finder.sweepsBefore(row.token, count));
        return await Promise.all(sweeps.map((sweep) => this.#fileOf(sweep, path, row.filename)));
      },
    };
  }

  /** Sweeps lie below the root of the data set, or all in one folder with the scan. */
  async #fileOf(
    { filename, toKey, lag }: NuscenesSweep,
    scan: string,
    scanName: string,
  ): Promise<SweepFile> {
    const root = scan.endsWith(`/${scanName}`)
      ? scan.slice(0, -scanName.length)
      : dirname(this.#folder);
    const below = join(root, filename);
    const beside = join(dirname(scan), filename.slice(filename.lastIndexOf("/") + 1));
    return { path: await isThere(below) || !await isThere(beside) ? below : beside, toKey, lag };
  }

  #known<Value>(look: () => Value): Value {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new CliError("SWEEPS", error.message, { file: this.#folder, cause: error });
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** Reads what belongs to scans; most rows of the tables belong to cameras. */
async function readTables(folder: string): Promise<NuscenesSweepFinder> {
  const sampleData = await readTable(
    join(folder, "sample_data.json"),
    SAMPLE_DATA,
    (row: Partial<NuscenesSampleData>) =>
      POINT_ENDINGS.includes(extname(row.filename ?? "").slice(1)),
  );
  const poses = async (table: string, tokens: ReadonlySet<string>) =>
    await readTable(
      join(folder, `${table}.json`),
      POSE,
      (row: Partial<NuscenesPose>) => tokens.has(row.token ?? ""),
    );
  const tokens = (key: "ego_pose_token" | "calibrated_sensor_token") =>
    new Set(sampleData.map((row) => row[key]));
  return new NuscenesSweepFinder({
    sampleData,
    egoPoses: await poses("ego_pose", tokens("ego_pose_token")),
    calibratedSensors: await poses("calibrated_sensor", tokens("calibrated_sensor_token")),
  });
}

async function readTable<Schema extends v.GenericSchema<unknown, object>>(
  path: string,
  schema: Schema,
  isWanted: (row: Partial<v.InferOutput<Schema>>) => boolean,
): Promise<v.InferOutput<Schema>[]> {
  const rows: v.InferOutput<Schema>[] = [];
  let reason: string;
  try {
    using file = await Deno.open(path);
    for await (const row of jsonRows(file.readable)) {
      if (!isWanted(row as Partial<v.InferOutput<Schema>>)) continue;
      rows.push(v.parse(schema, row));
    }
    return rows;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new CliError("SWEEPS", `the table cannot be read: ${reason}`, {
    file: path,
    hint: "--tables takes the folder of sample_data.json, ego_pose.json, calibrated_sensor.json",
  });
}
