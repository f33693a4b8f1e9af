import assert from "node:assert/strict";
import {
  InputEmptyError,
  NotPointsError,
  pointFormat,
  PointsLayoutError,
  readPointTable,
} from "@vicinity/media";
import { bytes, fixture, npy, read } from "./testing/point_bytes.ts";

const KITTI = Float32Array.of(1, 2, 3, 0.5, 4, 5, 6, 0.25);

Deno.test("rows of four floats become points with intensities", async () => {
  const cloud = await read(bytes(KITTI), "000000.bin");
  assert.deepEqual([...cloud.positions], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...cloud.intensity ?? []], [0.5, 0.25]);
  const { bounds, intensityRange, ...report } = cloud.report;
  assert.deepEqual(bounds, { min: [1, 2, 3], max: [4, 5, 6] });
  assert.deepEqual(intensityRange, [0.25, 0.5]);
  assert.deepEqual(report, {
    format: "bin",
    fields: ["x", "y", "z", "intensity"],
    rows: 2,
    dropped: 0,
    origin: [0, 0, 0],
    timeOrigin: 0,
    warnings: [],
  });
});

Deno.test("the same points come out of every format", async () => {
  const folder = "golden/dsvt/formats";
  const expected = await read(fixture(`${folder}/kitti.bin`));
  for (const name of ["fortran_f64.npy", "structured.npy", "binary.pcd", "compressed.pcd"]) {
    assert.deepEqual(
      (await read(fixture(`${folder}/${name}`), name)).positions,
      expected.positions,
    );
  }
  for (const name of ["ascii.ply", "little.ply", "big.ply", "big_endian.npy"]) {
    assert.deepEqual(
      (await read(fixture(`${folder}/${name}`), name)).positions,
      expected.positions,
    );
  }
});

Deno.test("the content tells the format, whatever the name says", async () => {
  const folder = "golden/dsvt/formats";
  const formats = {
    "ascii.pcd": "pcd",
    "little.ply": "ply",
    "waymo.npy": "npy",
    "v14_f6.las": "las",
    "points.csv": "text",
  };
  for (const [file, format] of Object.entries(formats)) {
    const content = fixture(`${folder}/${file}`);
    for (const name of ["scan.bin", "scan", "scan.ply", "stdin"]) {
      assert.equal(pointFormat(content, name), format, `${file} as ${name}`);
      assert.equal((await read(content, name)).report.rows, 38);
    }
  }
});

Deno.test("points without a finite place are dropped and counted, features become 0", async () => {
  const rows = Float32Array.of(
    ...[1, 2, 3, 0.5],
    ...[NaN, 2, 3, 0.5],
    ...[4, -Infinity, 6, 0.5],
    ...[7, 8, 9, NaN],
  );
  const { positions, intensity, report } = await read(bytes(rows));
  assert.deepEqual([...positions], [1, 2, 3, 7, 8, 9]);
  assert.deepEqual([...intensity ?? []], [0.5, 0]);
  assert.equal(report.dropped, 2);
  assert.deepEqual(report.warnings.map(({ code }) => code), ["POINTS_FILLED"]);
});

Deno.test("numbers that single precision cannot hold count as not finite", async () => {
  const rows = Float64Array.of(1, 2, 3, 1e300, 2, 3);
  const { positions, report } = await read(npy("'<f8'", "(2, 3)", rows), "a.npy");
  assert.deepEqual([...positions], [1, 2, 3]);
  assert.equal(report.dropped, 1);
});

Deno.test("a file of no points is a cloud without points, a file of no bytes an error", async () => {
  const { positions, report } = await read(npy("'<f4'", "(0, 4)", []), "a.npy");
  assert.equal(positions.length, 0);
  assert.equal(report.bounds, undefined);
  await assert.rejects(read(new Uint8Array(), "a.bin"), InputEmptyError);
});

Deno.test("pictures and checkpoints are refused by name", async () => {
  const png = bytes([0x89], "PNG\r\n\x1a\n", new Uint8Array(64));
  await assert.rejects(read(png, "a.png"), (error) => {
    assert(error instanceof NotPointsError);
    assert.match(error.message, /^Cannot read a\.png as points: it is a picture \(png\)\./);
    return true;
  });
});

Deno.test("a file without coordinates says which columns it has", async () => {
  await assert.rejects(read(bytes("a b c\n1 2 3\n"), "a.txt"), (error) => {
    assert(error instanceof PointsLayoutError);
    assert.match(error.message, /no column x, only a, b, c\. Name its coordinates/);
    return true;
  });
});

Deno.test("large offsets are subtracted in double precision", async () => {
  const places = Float64Array.of(500000.125, 6000000.25, 12.5, 500002.125, 6000002.25, 13.5);
  const { positions, report } = await read(npy("'<f8'", "(2, 3)", places), "a.npy");
  assert.deepEqual(report.origin, [500001, 6000001, 0]);
  assert.deepEqual([...positions], [-0.875, -0.75, 12.5, 1.125, 1.25, 13.5]);
  const origin = [500000, 6000000, 10] as const;
  const own = await read(npy("'<f8'", "(2, 3)", places), "a.npy", { origin });
  assert.deepEqual([...own.positions], [0.125, 0.25, 2.5, 2.125, 2.25, 3.5]);
});

Deno.test("absolute times are told from times of the sweep", async () => {
  const descr = "[('x','<f4'),('y','<f4'),('z','<f4'),('timestamp','<f8')]";
  const row = (time: number) => bytes(Float32Array.of(1, 2, 3), Float64Array.of(time));
  const absolute = npy(descr, "(2,)", bytes(row(1.7e9 + 0.25), row(1.7e9)));
  const { time, report } = await read(absolute, "a.npy");
  assert.deepEqual([...time ?? []], [0.25, 0]);
  assert.equal(report.timeOrigin, 1.7e9);
  const relative = await read(npy(descr, "(2,)", bytes(row(0.5), row(0))), "a.npy");
  assert.deepEqual([...relative.time ?? []], [0.5, 0]);
});

Deno.test("coordinates far beyond any sensor are warned of", async () => {
  const { report } = await read(bytes("x y z\n1 2 3\n4e7 5 6\n"), "a.xyz", { origin: [0, 0, 0] });
  assert.deepEqual(report.warnings.map(({ code }) => code), ["POINTS_FAR"]);
});

Deno.test("bytes that lie anywhere in their buffer are read", async () => {
  const padded = bytes([1], KITTI);
  assert.deepEqual([...(await read(padded.subarray(1))).positions], [1, 2, 3, 4, 5, 6]);
});

Deno.test("columns come out in the precision that they are stored in", async () => {
  const table = await readPointTable(fixture("golden/dsvt/formats/v12_f1.las"), { name: "a.las" });
  assert.deepEqual(table.columns.map(({ name, type }) => [name, type]), [
    ["x", "int32"],
    ["y", "int32"],
    ["z", "int32"],
    ["intensity", "uint16"],
    ["gps_time", "float64"],
  ]);
});
