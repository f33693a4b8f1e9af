import assert from "node:assert/strict";
import { IDENTITY4 } from "@vicinity/vision";
import { type PointCloud, readPoints } from "@vicinity/media";
import { type PlaceOptions, placeScan } from "./place_scan.ts";
import { readRange } from "./read_range.ts";
import { readTransform } from "./read_transform.ts";

const AUTO: PlaceOptions = {
  frame: "auto",
  transform: IDENTITY4,
  zOffset: undefined,
  intensityScale: undefined,
};
const WAYMO = {
  features: ["intensity"],
  frame: "waymo",
  maskZ: false,
  range: { min: [-50, -50, -2], max: [50, 50, 4] },
  sweeps: 1,
} as const;
const NUSCENES = {
  ...WAYMO,
  features: ["intensity", "time"],
  frame: "nuscenes",
  sweeps: 10,
} as const;

type Read = Parameters<typeof placeScan>[0];

function alone(cloud: PointCloud): Read {
  return { cloud, scan: cloud };
}

/** A flat road 1.73 m below the sensor with a wall, as rows of KITTI. */
async function road(change: (row: number[]) => number[] = (row) => row): Promise<Read> {
  const rows = Array.from(
    { length: 4096 },
    (_, at) =>
      change([(at % 64) - 32, Math.floor(at / 64) - 32, at % 97 === 0 ? 0.5 : -1.73, 0.25]),
  );
  return alone(
    await readPoints(new Uint8Array(Float32Array.from(rows.flat()).buffer), { name: "a.bin" }),
  );
}

function codes({ warnings }: { readonly warnings: readonly { readonly code: string }[] }) {
  return warnings.map(({ code }) => code);
}

Deno.test("a scan is lifted until its ground is the model's", async () => {
  const placed = placeScan(await road(), WAYMO, AUTO);
  assert.ok(Math.abs(placed.lift - 1.73) < 0.02, `${placed.lift}`);
  assert.deepEqual(codes(placed), []);
  assert.ok(Math.abs(placed.scan.positions[5] ?? NaN) < 0.02);
  const [tanh] = placed.scan.intensity ?? [];
  assert.ok(Math.abs((tanh ?? 0) - Math.tanh(0.25)) < 1e-6);
});

Deno.test("what the user says of heights and intensities holds", async () => {
  const cloud = await road();
  const said = placeScan(cloud, WAYMO, { ...AUTO, zOffset: 0.5, intensityScale: 2 });
  assert.equal(said.lift, 0.5);
  assert.equal(said.scan.intensity?.[0], 0.5);
  const named = placeScan(cloud, NUSCENES, { ...AUTO, frame: "kitti" });
  assert.ok(Math.abs(named.lift - (-1.84 + 1.73)) < 1e-6);
  assert.ok(Math.abs((named.scan.intensity?.[0] ?? 0) - 63.75) < 1e-4);
  // x forward becomes y forward.
  assert.deepEqual([...named.scan.positions.subarray(0, 2)], [32, -32]);
});

Deno.test("centimetres are noticed, and a transform brings them back", async () => {
  const cloud = await road(([x = 0, y = 0, z = 0, i = 0]) => [100 * x, 100 * y, 100 * z, i]);
  const wrong = placeScan(cloud, WAYMO, AUTO);
  assert.ok(codes(wrong).includes("POINTS_RANGE"), codes(wrong).join());
  const message = wrong.warnings.find(({ code }) => code === "POINTS_RANGE")?.message ?? "";
  assert.match(message, /x -50 to 50, y -50 to 50\).*x -3200 to 3100/);
  const transform = await readTransform("0.01,0,0,0 0,0.01,0,0 0,0,0.01,0 0,0,0,1");
  const right = placeScan(cloud, WAYMO, { ...AUTO, transform });
  assert.deepEqual(codes(right), []);
  assert.equal(right.inRange, 4096);
});

Deno.test("missing intensities, single sweeps, no points and no ground are told", async () => {
  const rows = Float32Array.of(1, 1, 0, 2, 2, 0);
  const bare = await readPoints(new Uint8Array(rows.buffer), {
    name: "a.bin",
    layout: { text: "xyz", columns: ["x", "y", "z"] },
  });
  assert.deepEqual(codes(placeScan(alone(bare), NUSCENES, AUTO)), [
    "POINTS_GROUND",
    "POINTS_INTENSITY",
    "POINTS_SWEEPS",
  ]);
  const none: PointCloud = { ...bare, positions: new Float32Array() };
  const placed = placeScan(alone(none), WAYMO, AUTO);
  assert.deepEqual(codes(placed), ["POINTS_NONE", "POINTS_INTENSITY"]);
  assert.equal(placed.inRange, 0);
});

Deno.test("transforms that bend boxes are refused", async () => {
  for (
    const text of [
      "1,2,3",
      "2,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1",
      "-1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1",
      "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1",
      "1,0,0,0,0,1,0,0,0,0,1,0,0,0,1,1",
    ]
  ) {
    await assert.rejects(() => readTransform(text), /--transform cannot be used/, text);
  }
  await assert.rejects(() => readTransform("no-such-file.json"), /--transform cannot be read/);
});

Deno.test("ranges are one number or four", () => {
  assert.deepEqual(readRange("40"), { x: [-40, 40], y: [-40, 40] });
  assert.deepEqual(readRange("-10,-20,50,20"), { x: [-10, 50], y: [-20, 20] });
  for (const text of ["", "0", "-5", "1,2", "5,0,1,9", "a,b,c,d", "Infinity"]) {
    assert.throws(() => readRange(text), /--bev-range cannot be read/, text);
  }
});
