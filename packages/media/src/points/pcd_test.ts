import assert from "node:assert/strict";
import { PointsCodecError, PointsDamagedError, PointsTruncatedError } from "@vicinity/media";
import { bytes, read } from "./testing/point_bytes.ts";

/** A header, with what is different from plain xyz. */
function header(changes: Record<string, string | undefined>, end = "\n"): string {
  const entries = {
    "# .PCD": "v0.7",
    VERSION: "0.7",
    FIELDS: "x y z",
    SIZE: "4 4 4",
    TYPE: "F F F",
    COUNT: "1 1 1",
    WIDTH: "2",
    HEIGHT: "1",
    VIEWPOINT: "10 20 30 0 1 0 0",
    POINTS: "2",
    DATA: "ascii",
    ...changes,
  };
  return Object.entries(entries)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${value}${end}`)
    .join("");
}

const XYZ = Float32Array.of(1, 2, 3, 4, 5, 6);

/** Literal runs only, which is valid LZF. */
function packed(data: Uint8Array): Uint8Array {
  const runs: number[] = [];
  for (let at = 0; at < data.length; at += 32) {
    const run = data.subarray(at, at + 32);
    runs.push(run.length - 1, ...run);
  }
  return bytes(Uint32Array.of(runs.length, data.length), runs);
}

Deno.test("ascii points are read, and the viewpoint is not applied", async () => {
  const { positions } = await read(bytes(header({}), "1 2 3\n4 5 6\n"), "a.pcd");
  assert.deepEqual(positions, XYZ);
});

Deno.test("header lines may end as on Windows, in ascii and binary", async () => {
  const ascii = bytes(header({}, "\r\n"), "1 2 3\r\n4 5 6\r\n");
  assert.deepEqual((await read(ascii, "a.pcd")).positions, XYZ);
  const binary = bytes(header({ DATA: "binary" }, "\r\n"), XYZ);
  assert.deepEqual((await read(binary, "a.pcd")).positions, XYZ);
});

Deno.test("COUNT and POINTS may be missing", async () => {
  const file = bytes(header({ COUNT: undefined, POINTS: undefined, DATA: "binary" }), XYZ);
  assert.deepEqual((await read(file, "a.pcd")).positions, XYZ);
});

Deno.test("an organised cloud has gaps, which are dropped", async () => {
  const shape = { WIDTH: "2", HEIGHT: "2", POINTS: "4", DATA: "binary" };
  const gaps = Float32Array.of(1, 2, 3, NaN, NaN, NaN, NaN, NaN, NaN, 4, 5, 6);
  const { positions, report } = await read(bytes(header(shape), gaps), "a.pcd");
  assert.deepEqual(positions, XYZ);
  assert.deepEqual([report.rows, report.dropped], [4, 2]);
  const ascii = bytes(header({ ...shape, DATA: "ascii" }), "1 2 3\nnan nan nan\n-nan 0 0\n4 5 6");
  assert.deepEqual((await read(ascii, "a.pcd")).positions, XYZ);
});

Deno.test("padding, several numbers a field and odd sizes are placed right", async () => {
  const fields = {
    FIELDS: "x y z _ fpfh intensity t",
    SIZE: "4 4 4 1 4 2 8",
    TYPE: "F F F U F U F",
    COUNT: "1 1 1 3 2 1 1",
  };
  const point = (xyz: number[], intensity: number, time: number) =>
    bytes(
      Float32Array.from(xyz),
      [9, 9, 9],
      Float32Array.of(7, 8),
      Uint16Array.of(intensity),
      Float64Array.of(time),
    );
  const rows = bytes(point([1, 2, 3], 500, 0.25), point([4, 5, 6], 60000, 0.5));
  const cloud = await read(bytes(header({ ...fields, DATA: "binary" }), rows), "a.pcd");
  assert.deepEqual(cloud.positions, XYZ);
  assert.deepEqual([...cloud.intensity ?? []], [500, 60000]);
  assert.deepEqual([...cloud.time ?? []], [0.25, 0.5]);
  assert.deepEqual(cloud.report.fields, ["x", "y", "z", "fpfh_0", "fpfh_1", "intensity", "t"]);
});

Deno.test("compressed points lie field by field, the numbers of a field together", async () => {
  const fields = { FIELDS: "pair x y z", SIZE: "2 4 4 4", TYPE: "U F F F", COUNT: "2 1 1 1" };
  const columns = bytes(Uint16Array.of(1, 2, 3, 4), Float32Array.of(1, 4, 2, 5, 3, 6));
  const file = bytes(header({ ...fields, DATA: "binary_compressed" }), packed(columns));
  const { positions, report } = await read(file, "a.pcd");
  assert.deepEqual(positions, XYZ);
  assert.deepEqual(report.fields, ["pair_0", "pair_1", "x", "y", "z"]);
});

Deno.test("copies in compressed points may reach into what they write", async () => {
  const zeros = { WIDTH: "20", POINTS: "20", DATA: "binary_compressed" };
  const runs = [0, 0, 0xe0, 230, 0];
  const file = bytes(header(zeros), Uint32Array.of(runs.length, 240), runs);
  assert.deepEqual((await read(file, "a.pcd")).positions, new Float32Array(60));
});

Deno.test("damaged compressed points are an error", async () => {
  const compressed = header({ DATA: "binary_compressed" });
  const good = packed(bytes(XYZ));
  const faults = {
    "a copy from before the beginning": bytes(Uint32Array.of(3, 24), [0x20, 5, 0]),
    "too few bytes": bytes(Uint32Array.of(2, 24), [0, 1]),
    "too many bytes": packed(bytes(XYZ)).map((byte, at) => at === 8 ? 24 : byte),
    "a bomb": bytes(Uint32Array.of(1, 24), [0]),
  };
  for (const [name, data] of Object.entries(faults)) {
    await assert.rejects(read(bytes(compressed, data), "a.pcd"), PointsDamagedError, name);
  }
  const size = bytes(Uint32Array.of(good.length - 8, 36), good.subarray(8));
  await assert.rejects(read(bytes(compressed, size), "a.pcd"), /24 bytes, but it unpacks to 36/);
});

Deno.test("places in double precision keep their millimetres", async () => {
  const fields = { SIZE: "8 8 8", DATA: "binary" };
  const places = Float64Array.of(691000.001, 5334000.002, 500, 691002.001, 5334002.002, 501);
  const { positions, report } = await read(bytes(header(fields), places), "a.pcd");
  assert.deepEqual(report.origin, [691001, 5334001, 0]);
  assert.deepEqual(
    [...positions].map((value) => value.toFixed(3)),
    ["-0.999", "-0.998", "500.000", "1.001", "1.002", "501.000"],
  );
});

Deno.test("a number of points that the shape contradicts is warned of", async () => {
  const { positions, report } = await read(
    bytes(header({ WIDTH: "9" }), "1 2 3\n4 5 6\n"),
    "a.pcd",
  );
  assert.deepEqual(positions, XYZ);
  assert.deepEqual(report.warnings.map(({ code }) => code), ["POINTS_COUNT"]);
});

Deno.test("older files and comments are read", async () => {
  const old = bytes(
    "# made by hand\nCOLUMNS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 2\nDATA ascii\n1 2 3\n4 5 6",
  );
  assert.deepEqual((await read(old, "a.txt")).positions, XYZ);
});

Deno.test("headers that make no sense are refused", async () => {
  const faults = {
    "FIELDS, but 2 SIZE": { SIZE: "4 4" },
    "its header has no FIELDS": { FIELDS: undefined },
    "neither POINTS nor WIDTH": { POINTS: undefined, WIDTH: undefined },
    "has the COUNT 0": { COUNT: "1 0 1" },
  };
  for (const [reason, changes] of Object.entries(faults)) {
    await assert.rejects(read(bytes(header(changes), "1 2 3\n4 5 6\n"), "a.pcd"), (error) => {
      assert(error instanceof PointsDamagedError);
      assert(error.message.includes(reason), error.message);
      return true;
    });
  }
  for (const changes of [{ DATA: "binary_zip" }, { TYPE: "F F C" }, { SIZE: "4 4 3" }]) {
    await assert.rejects(read(bytes(header(changes), XYZ), "a.pcd"), PointsCodecError);
  }
});

Deno.test("missing points are an error that says how many are there", async () => {
  const binary = bytes(header({ DATA: "binary", POINTS: "3", WIDTH: "3" }), XYZ);
  await assert.rejects(read(binary, "a.pcd"), /24 bytes hold 2 of 3 points of 12 bytes/);
  const ascii = bytes(header({ POINTS: "3", WIDTH: "3" }), "1 2 3\n4 5 6\n");
  await assert.rejects(read(ascii, "a.pcd"), PointsTruncatedError);
  const claim = bytes(header({ POINTS: "900000000", WIDTH: "900000000" }), "1 2 3\n");
  await assert.rejects(read(claim, "a.pcd"), PointsTruncatedError);
});
