import assert from "node:assert/strict";
import {
  aggregateSweeps,
  aggregateWaymoFrames,
  type LidarScan,
  sweepLags,
  sweepsOfPoses,
} from "@vicinity/dsvt";
import { IDENTITY4, type Matrix4 } from "@vicinity/vision";

/** Points of a scan; intensities count up. */
function scan(...positions: number[]): LidarScan {
  return {
    positions: Float32Array.from(positions),
    intensity: Float32Array.from({ length: positions.length / 3 }, (_, at) => at + 1),
  };
}

function shifted(x: number): Matrix4 {
  return IDENTITY4.with(3, x);
}

const list = (values: Float32Array | undefined) => [...values ?? []];

Deno.test("earlier points follow the key ones, moved, with their lag as time", () => {
  const key = scan(5, 0, 0);
  const earlier = [{ scan: scan(6, 0, 0, 7, 0, 0), toKey: shifted(-2), lag: 0.5 }];
  const all = aggregateSweeps(key, earlier);
  assert.deepEqual(list(all.positions), [5, 0, 0, 4, 0, 0, 5, 0, 0]);
  assert.deepEqual(list(all.intensity), [1, 1, 2]);
  assert.deepEqual(list(all.time), [0, 0.5, 0.5]);
});

Deno.test("the vehicle's own points are left out of earlier sweeps only", () => {
  const own = [0.5, -0.9, 0, -0.99, 0.99, 5];
  const near = [1, 0, 0, 0, -1, 0];
  const all = aggregateSweeps(scan(...own), [{ scan: scan(...own, ...near), lag: 0.5 }]);
  assert.deepEqual(list(all.positions), [...own, ...near].map(Math.fround));
  assert.deepEqual(list(all.intensity), [1, 2, 3, 4]);
});

Deno.test("missing sweeps repeat the last one", () => {
  const key = scan(5, 0, 0);
  const earlier = [{ scan: scan(6, 0, 0), lag: 0.5 }, { scan: scan(7, 0, 0), lag: 1 }];
  const all = aggregateSweeps(key, earlier, { count: 4 });
  assert.deepEqual(list(all.positions).filter((_, at) => at % 3 === 0), [5, 6, 7, 7, 7]);
  assert.deepEqual(list(all.time), [0, 0.5, 1, 1, 1]);
});

Deno.test("without any sweep the key scan repeats without the vehicle's own points", () => {
  const all = aggregateSweeps(scan(5, 0, 0, 0.5, 0, 0), [], { count: 2 });
  assert.deepEqual(list(all.positions).filter((_, at) => at % 3 === 0), [5, 0.5, 5, 5]);
  assert.deepEqual(list(all.time), [0, 0, 0, 0]);
  const alone = aggregateSweeps(scan(5, 0, 0), []);
  assert.deepEqual([list(alone.positions), list(alone.time)], [[5, 0, 0], [0]]);
});

Deno.test("a count takes the newest sweeps", () => {
  const earlier = [{ scan: scan(6, 0, 0), lag: 0.5 }, { scan: scan(7, 0, 0), lag: 1 }];
  assert.deepEqual(list(aggregateSweeps(scan(5, 0, 0), earlier, { count: 1 }).time), [0, 0.5]);
});

Deno.test("a feature that only some scans have is 0 for the others", () => {
  const bare = { positions: Float32Array.of(9, 0, 0) };
  const all = aggregateSweeps(scan(5, 0, 0), [{ scan: bare, lag: 1 }]);
  assert.deepEqual(list(all.intensity), [1, 0]);
  assert.equal(aggregateSweeps(bare, [{ scan: scan(5, 0, 0), lag: 1 }]).intensity, undefined);
});

Deno.test("poses give motions and lags, whatever the order", () => {
  const key = { scan: scan(5, 0, 0), pose: shifted(1000), time: 20 };
  const earlier = [
    { scan: scan(6, 0, 0), pose: shifted(996), time: 19.5 },
    { scan: scan(7, 0, 0), pose: shifted(998), time: 19.75 },
    { scan: scan(8, 0, 0), pose: shifted(1002), time: 20.25 },
  ];
  const all = aggregateSweeps(key.scan, sweepsOfPoses(key, earlier));
  assert.deepEqual(list(all.positions).filter((_, at) => at % 3 === 0), [5, 5, 2]);
  assert.deepEqual(list(all.time), [0, 0.25, 0.5]);
});

Deno.test("a motion between turned poses is right", () => {
  const quarter = [0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const key = { scan: scan(5, 0, 0), pose: quarter, time: 1 };
  const before = { scan: scan(0, 3, 0), pose: IDENTITY4, time: 0.5 };
  const all = aggregateSweeps(key.scan, sweepsOfPoses(key, [before]));
  assert.deepEqual(list(all.positions), [5, 0, 0, 3, 0, 0]);
});

Deno.test("frames of Waymo are 0.1 s apart, the first repeats with its own lag", () => {
  const frames = [0, 2, 4].map((x) => ({ scan: scan(10, 0, 0), pose: shifted(x) }));
  const all = aggregateWaymoFrames(frames, 3);
  assert.deepEqual(list(all.positions).filter((_, at) => at % 3 === 0), [10, 8, 6, 6]);
  assert.deepEqual(list(all.time), [0, 0.1, 0.2, 0.2].map(Math.fround));
});

Deno.test("the vehicle's own points of Waymo's frames are those around the key frame", () => {
  const frames = [
    { scan: scan(10, 0, 0, 0.5, 0, 0), pose: shifted(0) },
    { scan: scan(5, 0, 0), pose: shifted(10) },
  ];
  const all = aggregateWaymoFrames(frames, 1);
  assert.deepEqual(list(all.positions).filter((_, at) => at % 3 === 0), [5, -9.5]);
  assert.throws(() => aggregateWaymoFrames([], 1), RangeError);
});

Deno.test("lags of sweeps are told from times of returns", () => {
  const lags = Float32Array.from({ length: 1000 }, (_, at) => 0.05 * Math.floor(at / 100));
  assert.equal(sweepLags(lags), lags);
  assert.equal(sweepLags(Float32Array.from({ length: 1000 }, (_, at) => at / 10000)), undefined);
  assert.equal(sweepLags(Float32Array.of(0, -0.05)), undefined);
  assert.equal(sweepLags(Float32Array.of(0, 99_000_000)), undefined);
  const none = new Float32Array();
  assert.equal(sweepLags(none), none);
});
