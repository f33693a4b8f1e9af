import { inverse4, type Matrix4, multiply4, transformPositions } from "@vicinity/vision";
import type { LidarScan } from "./lidar_scan.ts";

/** A scan that was taken before the key scan. */
export interface Sweep<Scan extends LidarScan = LidarScan> {
  /** Its points, in its own frame. */
  readonly scan: Scan;
  /** The motion from its frame to that of the key scan; absent if they are the same. */
  readonly toKey?: Matrix4 | undefined;
  /** Seconds before the key scan. */
  readonly lag: number;
}

/** How sweeps are put together. */
export interface AggregationOptions {
  /** Earlier sweeps to add; missing ones repeat the last. All that are there if absent. */
  readonly count?: number | undefined;
  /**
   * Points of earlier sweeps are left out when both |x| and |y| are below this, in metres: the
   * vehicle itself, which would be seen where it no longer is. 1 by default.
   */
  readonly egoRadius?: number | undefined;
  /** Whether that is measured in the sweep's own frame (nuScenes, the default) or in the key's. */
  readonly egoFrame?: "sweep" | "key" | undefined;
}

/** Where the vehicle's own points are. */
const EGO_RADIUS = 1;

/** Numbers of the points of a scan that are not the vehicle's own. */
function outside(positions: Float32Array, radius: number): Uint32Array {
  const kept = new Uint32Array(positions.length / 3);
  let count = 0;
  for (let point = 0; 3 * point + 2 < positions.length; point++) {
    const x = Math.abs(positions[3 * point] ?? 0);
    const y = Math.abs(positions[3 * point + 1] ?? 0);
    if (x >= radius || y >= radius) kept[count++] = point;
  }
  return kept.subarray(0, count);
}

interface Part {
  readonly scan: LidarScan;
  readonly positions: Float32Array;
  readonly kept: Uint32Array | undefined;
  readonly lag: number;
}

function partOf({ scan, toKey, lag }: Sweep, options: AggregationOptions): Part {
  const { egoFrame = "sweep", egoRadius = EGO_RADIUS } = options;
  const positions = toKey === undefined
    ? scan.positions
    : transformPositions(scan.positions, toKey);
  const kept = outside(egoFrame === "sweep" ? scan.positions : positions, egoRadius);
  return { scan, positions, kept, lag };
}

function sizeOf({ positions, kept }: Part): number {
  return kept?.length ?? positions.length / 3;
}

/** The values of the points that a part keeps, one behind the other; 0 where a scan has none. */
function gather(
  parts: readonly Part[],
  width: number,
  valuesOf: (part: Part) => Float32Array | undefined,
): Float32Array<ArrayBuffer> {
  const all = new Float32Array(width * parts.reduce((sum, part) => sum + sizeOf(part), 0));
  let start = 0;
  for (const part of parts) {
    const values = valuesOf(part);
    const size = sizeOf(part);
    for (let index = 0; values !== undefined && index < size; index++) {
      const from = width * (part.kept?.[index] ?? index);
      for (let column = 0; column < width; column++) {
        all[start + width * index + column] = values[from + column] ?? 0;
      }
    }
    start += width * size;
  }
  return all;
}

/**
 * Puts a scan and earlier ones together: all points of the key scan at time 0, then those of each
 * earlier sweep, moved in double precision, without the vehicle's own and with their lag as time.
 *
 * @param key The newest scan; its own times, if it has any, are left out.
 * @param earlier The sweeps before it, newest first.
 * @param options How many, and which points are the vehicle's own.
 * @returns One scan with times. If a count is given and no sweep is there, the key scan without the
 * vehicle's own points repeats, at time 0.
 */
export function aggregateSweeps(
  key: LidarScan,
  earlier: readonly Sweep[],
  options: AggregationOptions = {},
): LidarScan {
  const { count = earlier.length } = options;
  const parts: Part[] = [{ scan: key, positions: key.positions, kept: undefined, lag: 0 }];
  const sweeps = earlier.slice(0, count).map((sweep) => partOf(sweep, options));
  const repeated = sweeps.at(-1) ?? partOf({ scan: key, lag: 0 }, options);
  parts.push(...sweeps);
  while (parts.length <= count) parts.push(repeated);
  const feature = (name: "intensity" | "elongation") =>
    key[name] && gather(parts, 1, ({ scan }) => scan[name]);
  const time = new Float32Array(parts.reduce((sum, part) => sum + sizeOf(part), 0));
  let start = 0;
  for (const part of parts) {
    const end = start + sizeOf(part);
    time.fill(part.lag, start, end);
    start = end;
  }
  return {
    positions: gather(parts, 3, ({ positions }) => positions),
    intensity: feature("intensity"),
    elongation: feature("elongation"),
    time,
  };
}

/** Earlier than this many seconds no sweep is of use. */
const LONGEST_LAG = 5;
/** Sweeps that are put together have few different times. */
const MOST_SWEEPS = 64;

/**
 * Tells lags of sweeps from other times that files have: those of each return inside one turn, in
 * any unit, and absolute ones, which a model must not see.
 *
 * @param time The times of the points of a file.
 * @returns The same times if they are lags: none negative or above 5 s, at most 64 different ones.
 */
export function sweepLags(time: Float32Array): Float32Array | undefined {
  const lags = new Set<number>();
  for (const value of time) {
    if (!(value >= 0 && value <= LONGEST_LAG)) return undefined;
    lags.add(value);
    if (lags.size > MOST_SWEEPS) return undefined;
  }
  return time;
}

/** A scan, where its sensor was and when. */
export interface PosedScan {
  /** Its points, in its own frame. */
  readonly scan: LidarScan;
  /** The motion from its frame to one that stands still. */
  readonly pose: Matrix4;
  /** When it was taken, in seconds of any clock. */
  readonly time: number;
}

/**
 * The sweeps before a key scan from where each was taken.
 *
 * @param key The newest scan.
 * @param earlier Scans before it, in any order; later ones are left out.
 * @returns The sweeps, newest first, for {@linkcode aggregateSweeps}.
 */
export function sweepsOfPoses(key: PosedScan, earlier: readonly PosedScan[]): Sweep[] {
  const toKey = inverse4(key.pose);
  return earlier
    .filter(({ time }) => time < key.time)
    .sort((a, b) => b.time - a.time)
    .map(({ scan, pose, time }) => ({
      scan,
      toKey: multiply4(toKey, pose),
      lag: key.time - time,
    }));
}

/** Seconds from one frame of Waymo's sequences to the next. */
const WAYMO_STEP = 0.1;

/**
 * Several frames of a Waymo sequence as one: the frames before the key one in steps of 0.1 s. The
 * first frame repeats where the sequence does not go back far enough, with its own lag.
 *
 * @param frames Frames with the motions from the vehicle to the world, oldest first; the last one is
 * the key frame.
 * @param earlier How many frames before it are added: 3 for `SAMPLE_OFFSET: [-3, 0]`.
 * @returns One scan with times.
 * @throws {RangeError} If there is no frame.
 */
export function aggregateWaymoFrames(
  frames: readonly Omit<PosedScan, "time">[],
  earlier: number,
): LidarScan {
  const key = frames.at(-1);
  if (key === undefined) {
    throw new RangeError("Cannot aggregate frames: there are none. Give the key frame at least.");
  }
  const newest = frames.length - 1;
  const toKey = inverse4(key.pose);
  const sweeps: Sweep[] = Array.from({ length: earlier }, (_, index) => {
    const place = Math.max(0, newest - 1 - index);
    const { scan, pose } = frames[place] ?? key;
    const lag = WAYMO_STEP * (newest - place);
    return { scan, toKey: place === newest ? undefined : multiply4(toKey, pose), lag };
  });
  return aggregateSweeps(key.scan, sweeps, { egoFrame: "key" });
}
