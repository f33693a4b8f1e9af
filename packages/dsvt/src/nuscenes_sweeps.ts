import { inverse4, type Matrix4, matrixOfPose, multiply4, type Pose } from "@vicinity/vision";

/** A row of nuScenes' `sample_data.json`, as far as it is used. */
export interface NuscenesSampleData {
  /** Its key. */
  readonly token: string;
  /** Key of the sweep before it; empty for the first of a scene. */
  readonly prev: string;
  /** When it was taken, in microseconds. */
  readonly timestamp: number;
  /** File of its points. */
  readonly filename: string;
  /** Key of the sample that it belongs to; results of the benchmark go by it. */
  readonly sample_token: string;
  /** Key of where the vehicle was. */
  readonly ego_pose_token: string;
  /** Key of where on the vehicle the sensor is. */
  readonly calibrated_sensor_token: string;
}

/** A row of `ego_pose.json` or `calibrated_sensor.json`, as far as it is used. */
export interface NuscenesPose extends Pose {
  /** Its key. */
  readonly token: string;
}

/** The tables that sweeps are found by, as parsed from their JSON files. */
export interface NuscenesTables {
  /** `sample_data.json`. */
  readonly sampleData: readonly NuscenesSampleData[];
  /** `ego_pose.json`. */
  readonly egoPoses: readonly NuscenesPose[];
  /** `calibrated_sensor.json`. */
  readonly calibratedSensors: readonly NuscenesPose[];
}

/** A sweep whose points are still in their file. */
export interface NuscenesSweep {
  /** Row of the sweep. */
  readonly token: string;
  /** File of its points. */
  readonly filename: string;
  /** The motion from the sensor then to the sensor at the key sweep. */
  readonly toKey: Matrix4;
  /** Seconds before the key sweep. */
  readonly lag: number;
}

const MICROSECONDS = 1e6;

/** Finds sweeps in nuScenes' tables; building it once serves all key frames. */
export class NuscenesSweepFinder {
  readonly #sampleData: ReadonlyMap<string, NuscenesSampleData>;
  readonly #egoPoses: ReadonlyMap<string, NuscenesPose>;
  readonly #sensors: ReadonlyMap<string, NuscenesPose>;
  readonly #byName: ReadonlyMap<string, NuscenesSampleData>;

  /**
   * Indexes the tables.
   *
   * @param tables The tables.
   */
  constructor({ sampleData, egoPoses, calibratedSensors }: NuscenesTables) {
    this.#sampleData = byToken(sampleData);
    this.#egoPoses = byToken(egoPoses);
    this.#sensors = byToken(calibratedSensors);
    this.#byName = new Map(sampleData.map((row) => [baseName(row.filename), row]));
  }

  /**
   * The row of a file.
   *
   * @param path Its path, of which the last part counts: names are unique in nuScenes.
   * @returns The row; undefined where the tables do not have it.
   */
  rowOf(path: string): NuscenesSampleData | undefined {
    return this.#byName.get(baseName(path));
  }

  /**
   * Where the sensor was.
   *
   * @param token Token of a sweep in `sample_data`.
   * @returns The motion from the sensor's axes to the global frame.
   * @throws {RangeError} If a row that is referred to is missing.
   */
  globalFromSensor(token: string): Matrix4 {
    const row = found(this.#sampleData, token, "sample_data");
    const vehicle = found(this.#egoPoses, row.ego_pose_token, "ego_pose");
    const sensor = found(this.#sensors, row.calibrated_sensor_token, "calibrated_sensor");
    return multiply4(matrixOfPose(vehicle), matrixOfPose(sensor));
  }

  /**
   * The sweeps before a key sweep.
   *
   * @param keyToken Token of the key sweep in `sample_data`.
   * @param count How many sweeps at most; 9 for the ten sweeps of the official models.
   * @returns The sweeps, newest first; fewer at the beginning of a scene.
   * @throws {RangeError} If a row that is referred to is missing.
   */
  sweepsBefore(keyToken: string, count: number): NuscenesSweep[] {
    const key = found(this.#sampleData, keyToken, "sample_data");
    const toKey = inverse4(this.globalFromSensor(keyToken));
    const sweeps: NuscenesSweep[] = [];
    let current = key;
    while (sweeps.length < count && current.prev !== "") {
      current = found(this.#sampleData, current.prev, "sample_data");
      sweeps.push({
        token: current.token,
        filename: current.filename,
        toKey: multiply4(toKey, this.globalFromSensor(current.token)),
        lag: (key.timestamp - current.timestamp) / MICROSECONDS,
      });
    }
    return sweeps;
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function byToken<Row extends { readonly token: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.token, row]));
}

function found<Row>(rows: ReadonlyMap<string, Row>, token: string, table: string): Row {
  const row = rows.get(token);
  if (row !== undefined) return row;
  throw new RangeError(
    `Cannot find sweeps: the table ${table} has no row "${token}". Give the tables of one data set.`,
  );
}
