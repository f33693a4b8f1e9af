/** What could be found out about the ground of a scan. */
export type GroundEstimate = Ground | NoGround;

/** The ground of a scan as a plane. */
export interface Ground {
  /** That it was found. */
  readonly found: true;
  /** Its height below the sensor, that is at x = y = 0, in metres. */
  readonly z: number;
  /** How much it rises a metre along x and along y. */
  readonly slope: readonly [x: number, y: number];
  /** Share of the places around the sensor whose lowest points lie on it, 0 to 1. */
  readonly support: number;
}

/** Why the ground could not be found. */
export interface NoGround {
  /** That it was not found. */
  readonly found: false;
  /** One clause for people, without a full stop. */
  readonly reason: string;
}

/** Ring around the sensor in which the ground is looked for, in metres. */
const [NEAREST, FARTHEST] = [2.5, 30];
/** Points up to here say how high the ground is at the sensor, in metres. */
const NEAR = 15;
/** Side of the places whose lowest points are candidates, in metres. */
const CELL = 2;
const CELLS = (2 * FARTHEST) / CELL;
/** Fewest places that say anything. */
const LEAST_CELLS = 12;
/** Points closer than this to a plane lie on it, in metres. */
const THICKNESS = 0.2;
/** No road is steeper: 25 %. */
const STEEPEST = 0.25;
/** Fewest of the places that have to agree. */
const LEAST_SUPPORT = 0.3;
/** Planes that are tried; one of three places on the ground is found at 30 % support nearly surely. */
const TRIALS = 400;
/** Share of the points of a place that may lie below the ground, as reflections do. */
const STRAY = 0.1;

/** A plane z = a x + b y + c. */
type Plane = readonly [a: number, b: number, c: number];

interface Places {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

/**
 * Estimates the ground around a sensor: of every 2 m square within 30 m the low points, of these the
 * plane that most agree on (RANSAC, with fixed draws, so that a scan always has the same ground),
 * then the median height of all points near it.
 *
 * @param positions x, y, z of each point, z up, the sensor (or vehicle) at the origin.
 * @returns The ground, or why it cannot be told.
 *
 * @example
 * ```ts
 * import { estimateGround } from "@vicinity/dsvt";
 * import assert from "node:assert/strict";
 *
 * const road = Array.from({ length: 4000 }, (_, i) => [(i % 64) - 32, (i >> 6) - 32, -1.7]);
 * const ground = estimateGround(Float32Array.from(road.flat()));
 * assert(ground.found && Math.abs(ground.z + 1.7) < 1e-6);
 * ```
 */
export function estimateGround(positions: Float32Array): GroundEstimate {
  const places = lowPlaces(positions);
  const count = places.x.length;
  if (count < LEAST_CELLS) {
    const reason = `only ${count} places within ${FARTHEST} m have points`;
    return { found: false, reason };
  }
  const best = bestPlane(places);
  const support = best === undefined ? 0 : countOn(places, best) / count;
  if (best === undefined || support < LEAST_SUPPORT) {
    const percent = (100 * support).toFixed(0);
    const reason = `no plane fits more than ${percent} % of the lowest points around the sensor`;
    return { found: false, reason };
  }
  const [a, b, c] = refined(places, best);
  return { found: true, z: c + medianAbove(positions, [a, b, c]), slope: [a, b], support };
}

/** Number of the square that a point lies in; -1 outside the ring. */
function cellOf(x: number, y: number): number {
  const squared = x * x + y * y;
  if (!(squared > NEAREST * NEAREST && squared < FARTHEST * FARTHEST)) return -1;
  return Math.floor((y + FARTHEST) / CELL) * CELLS + Math.floor((x + FARTHEST) / CELL);
}

/** Low points of squares around the sensor. */
function lowPlaces(positions: Float32Array): Places {
  const ends = new Uint32Array(CELLS * CELLS + 1);
  const points = Math.floor(positions.length / 3);
  for (let point = 0; point < points; point++) {
    const cell = cellOf(positions[3 * point] ?? 0, positions[3 * point + 1] ?? 0);
    if (cell >= 0) ends[cell + 1] = (ends[cell + 1] ?? 0) + 1;
  }
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    ends[cell + 1] = (ends[cell + 1] ?? 0) + (ends[cell] ?? 0);
  }
  const heights = new Float32Array(ends[CELLS * CELLS] ?? 0);
  const next = ends.slice();
  for (let point = 0; point < points; point++) {
    const cell = cellOf(positions[3 * point] ?? 0, positions[3 * point + 1] ?? 0);
    if (cell < 0) continue;
    heights[next[cell] ?? 0] = positions[3 * point + 2] ?? 0;
    next[cell] = (next[cell] ?? 0) + 1;
  }
  const cells = Array.from({ length: CELLS * CELLS }, (_, cell) => cell)
    .filter((cell) => (ends[cell] ?? 0) < (ends[cell + 1] ?? 0));
  const centre = (index: number) => (index + 0.5) * CELL - FARTHEST;
  return {
    x: Float64Array.from(cells, (cell) => centre(cell % CELLS)),
    y: Float64Array.from(cells, (cell) => centre(Math.floor(cell / CELLS))),
    z: Float64Array.from(cells, (cell) => lowOf(heights.subarray(ends[cell], ends[cell + 1]))),
  };
}

/** A low point, not the lowest; sorts the heights. */
function lowOf(heights: Float32Array): number {
  return heights.sort()[Math.floor(STRAY * heights.length)] ?? 0;
}

function heightAbove({ x, y, z }: Places, at: number, [a, b, c]: Plane): number {
  return (z[at] ?? 0) - a * (x[at] ?? 0) - b * (y[at] ?? 0) - c;
}

function countOn(places: Places, plane: Plane): number {
  let count = 0;
  for (let at = 0; at < places.x.length; at++) {
    if (Math.abs(heightAbove(places, at, plane)) < THICKNESS) count++;
  }
  return count;
}

/** Of planes through three places each, the one that most others lie on. */
function bestPlane(places: Places): Plane | undefined {
  const draw = drawer(places.x.length);
  let best: Plane | undefined;
  let most = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const plane = planeThrough(places, draw(), draw(), draw());
    if (plane === undefined || Math.hypot(plane[0], plane[1]) > STEEPEST) continue;
    const count = countOn(places, plane);
    if (count <= most) continue;
    [best, most] = [plane, count];
  }
  return best;
}

/** The same numbers below `count` every time, by a linear congruence (Numerical Recipes). */
function drawer(count: number): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * count);
  };
}

function planeThrough({ x, y, z }: Places, i: number, j: number, k: number): Plane | undefined {
  const point = (at: number) => [x[at] ?? 0, y[at] ?? 0, z[at] ?? 0] as const;
  const [x0, y0, z0] = point(i);
  const [x1, y1, z1] = point(j);
  const [x2, y2, z2] = point(k);
  const area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
  if (Math.abs(area) < CELL * CELL) return undefined;
  const a = ((z1 - z0) * (y2 - y0) - (z2 - z0) * (y1 - y0)) / area;
  const b = ((x1 - x0) * (z2 - z0) - (x2 - x0) * (z1 - z0)) / area;
  return [a, b, z0 - a * x0 - b * y0];
}

/** The plane of least squares through the places that lie on a plane. */
function refined(places: Places, plane: Plane): Plane {
  const { x, y, z } = places;
  const on: number[] = [];
  for (let at = 0; at < x.length; at++) {
    if (Math.abs(heightAbove(places, at, plane)) < THICKNESS) on.push(at);
  }
  const mean = (values: Float64Array) =>
    on.reduce((sum, at) => sum + (values[at] ?? 0), 0) / on.length;
  const [mx, my, mz] = [mean(x), mean(y), mean(z)];
  let [xx, xy, yy, xz, yz] = [0, 0, 0, 0, 0];
  for (const at of on) {
    const [u, v, w] = [(x[at] ?? 0) - mx, (y[at] ?? 0) - my, (z[at] ?? 0) - mz];
    xx += u * u;
    xy += u * v;
    yy += v * v;
    xz += u * w;
    yz += v * w;
  }
  const determinant = xx * yy - xy * xy;
  if (determinant < 1e-9 * xx * yy || determinant === 0) return plane;
  const a = (xz * yy - yz * xy) / determinant;
  const b = (yz * xx - xz * xy) / determinant;
  if (Math.hypot(a, b) > STEEPEST) return plane;
  return [a, b, mz - a * mx - b * my];
}

/** Median height of the points near a plane above it: what low points lie too low is made up for. */
function medianAbove(positions: Float32Array, [a, b, c]: Plane): number {
  const heights = new Float32Array(positions.length / 3);
  let count = 0;
  for (let at = 0; at + 2 < positions.length; at += 3) {
    const [x = 0, y = 0, z = 0] = [positions[at], positions[at + 1], positions[at + 2]];
    const squared = x * x + y * y;
    const height = z - a * x - b * y - c;
    if (squared > NEAREST * NEAREST && squared < NEAR * NEAR && Math.abs(height) < THICKNESS) {
      heights[count++] = height;
    }
  }
  return heights.subarray(0, count).sort()[count >> 1] ?? 0;
}
