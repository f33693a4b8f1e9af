/** Room for voxels and sets, so that scans of about one size share a plan. */
import type { StageInput } from "./input_layer.ts";

/** Room of a stage. */
export interface StageCapacity {
  /** Voxels. */
  readonly rows: number;
  /** Sets of both shifts. */
  readonly sets: readonly [number, number];
}

/** Room is rounded up to this part of the power of two below it. */
const STEPS = 8;
/** Smallest step. */
const LEAST_STEP = 64;
/**
 * Room beyond what a scan needs, for what varies between scans with as many voxels in the first stage.
 * Empty sets cost next to nothing, rows as much as full ones.
 */
const SPARE = { rows: 1 / 8, sets: 1 / 2 };
/** A plan with more room than this for each voxel is not used for a scan. */
const MOST_ROOM = 1.3;

function roundedUp(count: number): number {
  const step = Math.max(LEAST_STEP, 2 ** Math.floor(Math.log2(Math.max(1, count))) / STEPS);
  return Math.max(1, Math.ceil(count / step)) * step;
}

/** Needs of a scan, without spare room. */
function needed(stages: readonly StageInput[]): StageCapacity[] {
  return stages.map(({ coords, shifts }) => ({
    rows: coords.length / 4,
    sets: [shifts[0].starts.length - 1, shifts[1].starts.length - 1],
  }));
}

/**
 * Room for a scan and others like it.
 *
 * @param stages The scan's voxels.
 * @returns Room of each stage.
 */
export function capacityFor(stages: readonly StageInput[]): StageCapacity[] {
  return needed(stages).map(({ rows, sets }, stage) => ({
    rows: roundedUp(stage === 0 ? rows : rows * (1 + SPARE.rows)),
    sets: [roundedUp(sets[0] * (1 + SPARE.sets)), roundedUp(sets[1] * (1 + SPARE.sets))],
  }));
}

/**
 * Whether a scan fits into some room without wasting much of it.
 *
 * @param capacity The room.
 * @param stages The scan's voxels.
 * @returns True when a plan of that room suits the scan.
 */
export function suits(
  capacity: readonly StageCapacity[],
  stages: readonly StageInput[],
): boolean {
  const needs = needed(stages);
  const fits = needs.every(({ rows, sets }, stage) => {
    const room = capacity[stage];
    return room && rows <= room.rows && sets[0] <= room.sets[0] && sets[1] <= room.sets[1];
  });
  const wanted = roundedUp(needs[0]?.rows ?? 0);
  return fits && (capacity[0]?.rows ?? 0) <= MOST_ROOM * wanted;
}
