import assert from "node:assert/strict";
import { estimateGround, type Ground } from "@vicinity/dsvt";

/** The same numbers from 0 to 1 every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

interface Street {
  readonly beams: number;
  readonly height: number;
  readonly slope?: readonly [number, number];
  /** Distance of the house fronts on both sides. */
  readonly fronts?: number;
  /** Share of rays that meet something standing about. */
  readonly clutter?: number;
  /** Share of points far below the ground. */
  readonly strays?: number;
}

/** What a spinning sensor sees of a street. */
function scan({ beams, height, slope = [0, 0], fronts = 12, clutter = 0.2, strays = 0 }: Street) {
  const random = generator(beams);
  const points: number[] = [];
  for (let beam = 0; beam < beams; beam++) {
    const elevation = (-25 + 40 * beam / beams) * Math.PI / 180;
    for (let step = 0; step < 600; step++) {
      const azimuth = 2 * Math.PI * step / 600;
      const x = Math.cos(elevation) * Math.cos(azimuth);
      const y = Math.cos(elevation) * Math.sin(azimuth);
      const z = Math.sin(elevation);
      const fall = slope[0] * x + slope[1] * y - z;
      const ground = fall > 0 ? height / fall : Infinity;
      const front = fronts / Math.abs(y);
      const range = Math.min(ground, front, random() < clutter ? 4 + 20 * random() : Infinity);
      if (range > 80) continue;
      const drop = random() < strays ? 3 : 0;
      points.push(range * x, range * y, range * z + 0.02 * (random() - 0.5) - drop);
    }
  }
  return Float32Array.from(points);
}

function ground(positions: Float32Array): Ground {
  const estimate = estimateGround(positions);
  assert(estimate.found, estimate.found ? "" : estimate.reason);
  return estimate;
}

Deno.test("the ground of sensors of many and few beams is found", () => {
  for (const beams of [128, 64, 32, 16]) {
    for (const height of [1.2, 1.73, 2.5]) {
      const { z } = ground(scan({ beams, height }));
      assert(Math.abs(z + height) < 0.05, `${beams} beams at ${height} m: ${z}`);
    }
  }
});

Deno.test("sloped ground is found with its slope", () => {
  for (const slope of [[0.1, 0], [-0.05, 0.08], [0.15, -0.1]] as const) {
    const found = ground(scan({ beams: 64, height: 1.8, slope }));
    assert(Math.abs(found.z + 1.8) < 0.05, `${found.z}`);
    assert(Math.hypot(found.slope[0] - slope[0], found.slope[1] - slope[1]) < 0.01);
  }
});

Deno.test("cars, walls and reflections below the ground do not matter", () => {
  const { z } = ground(scan({ beams: 64, height: 1.9, clutter: 0.5, strays: 0.05, fronts: 7 }));
  assert(Math.abs(z + 1.9) < 0.08, `${z}`);
});

Deno.test("the ground of a real street is found, of a part of its points too", async () => {
  const street = new URL("../../../fixtures/lidar/street.bin", import.meta.url);
  const rows = new Float32Array((await Deno.readFile(street)).buffer);
  for (const every of [1, 10]) {
    const positions = rows.filter((_, at) => at % 4 < 3 && Math.floor(at / 4) % every === 0);
    const { z, support } = ground(positions);
    assert(Math.abs(z + 1.9) < 0.1, `${z}`);
    assert(support > 0.4 && support <= 1);
  }
});

Deno.test("an estimate is the same every time", () => {
  const positions = scan({ beams: 32, height: 1.7 });
  assert.deepEqual(estimateGround(positions), estimateGround(positions.slice()));
});

Deno.test("scans without ground say why", () => {
  const random = generator(5);
  const cloud = Float32Array.from({ length: 30000 }, () => 60 * random() - 30);
  const walls = scan({ beams: 32, height: 1.7 }).map((value, at, all) =>
    at % 3 === 2 ? all[at - 1] ?? 0 : value
  );
  for (const [positions, reason] of [[cloud, /no plane fits/], [walls, /no plane fits/]] as const) {
    const estimate = estimateGround(positions);
    assert(!estimate.found, JSON.stringify(estimate));
    assert.match(estimate.reason, reason);
  }
  for (const positions of [new Float32Array(), Float32Array.of(5, 5, -1)]) {
    const estimate = estimateGround(positions);
    assert(!estimate.found);
    assert.match(estimate.reason, /^only [01] places within 30 m have points$/);
  }
});
