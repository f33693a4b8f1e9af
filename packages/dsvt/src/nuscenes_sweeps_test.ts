import assert from "node:assert/strict";
import { NuscenesSweepFinder } from "@vicinity/dsvt";
import { transformPositions } from "@vicinity/vision";

/** A vehicle that drives 2 m a sweep along x and turns left; its sensor stands 1.8 m above it. */
function tables(count: number) {
  const turn = (sweep: number) => [Math.cos(0.05 * sweep), 0, 0, Math.sin(0.05 * sweep)];
  return {
    sampleData: Array.from({ length: count }, (_, sweep) => ({
      token: `s${sweep}`,
      prev: sweep === 0 ? "" : `s${sweep - 1}`,
      timestamp: 1532402927647951 + 50000 * sweep,
      filename: `sweeps/${sweep}.pcd.bin`,
      sample_token: `key${sweep >> 1}`,
      ego_pose_token: `e${sweep}`,
      calibrated_sensor_token: "top",
    })),
    egoPoses: Array.from({ length: count }, (_, sweep) => ({
      token: `e${sweep}`,
      translation: [411 + 2 * sweep, 1180, 0],
      rotation: turn(sweep),
    })),
    calibratedSensors: [{ token: "top", translation: [0.9, 0, 1.8], rotation: [1, 0, 0, 0] }],
  };
}

Deno.test("sweeps come newest first, with their files and lags", () => {
  const finder = new NuscenesSweepFinder(tables(12));
  const sweeps = finder.sweepsBefore("s11", 9);
  assert.deepEqual(
    sweeps.map(({ token }) => token),
    "10 9 8 7 6 5 4 3 2".split(" ").map((n) => `s${n}`),
  );
  assert.deepEqual(sweeps.map(({ lag }) => lag), [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => n / 20));
  assert.equal(sweeps[0]?.filename, "sweeps/10.pcd.bin");
});

Deno.test("a scene has as many sweeps as it has", () => {
  const finder = new NuscenesSweepFinder(tables(3));
  assert.equal(finder.sweepsBefore("s2", 9).length, 2);
  assert.deepEqual(finder.sweepsBefore("s0", 9), []);
});

Deno.test("what stands still is at one place for all sweeps", () => {
  const place = [430, 1185, 0.5] as const;
  const seen = (sweep: number): number[] => {
    const angle = 0.1 * sweep;
    const [dx, dy] = [place[0] - 411 - 2 * sweep, place[1] - 1180];
    const x = Math.cos(angle) * dx + Math.sin(angle) * dy - 0.9;
    return [x, -Math.sin(angle) * dx + Math.cos(angle) * dy, place[2] - 1.8];
  };
  const key = seen(5);
  const finder = new NuscenesSweepFinder(tables(6));
  for (const [index, { toKey }] of finder.sweepsBefore("s5", 5).entries()) {
    const moved = transformPositions(Float32Array.from(seen(4 - index)), toKey);
    moved.forEach((value, at) => assert(Math.abs(value - (key[at] ?? 0)) < 1e-5, `${index} ${at}`));
  }
});

Deno.test("a file is known by its name, and where its sensor was", () => {
  const finder = new NuscenesSweepFinder(tables(6));
  const row = finder.rowOf("/data/samples/3.pcd.bin");
  assert.deepEqual([row?.token, row?.sample_token], ["s3", "key1"]);
  assert.equal(finder.rowOf("9.pcd.bin"), undefined);
  const [, , , x, , , , y, , , , z] = finder.globalFromSensor("s0");
  assert.deepEqual([x, y, z], [411.9, 1180, 1.8]);
});

Deno.test("rows that are missing are told by table and token", () => {
  const { egoPoses, ...others } = tables(3);
  const finder = new NuscenesSweepFinder({ ...others, egoPoses: egoPoses.slice(1) });
  assert.equal(finder.sweepsBefore("s2", 1).length, 1);
  assert.throws(() => finder.sweepsBefore("s2", 2), /the table ego_pose has no row "e0"/);
  assert.throws(() => finder.sweepsBefore("x", 2), /the table sample_data has no row "x"/);
});
