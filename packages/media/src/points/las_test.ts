import assert from "node:assert/strict";
import process from "node:process";
import { PointsCodecError, PointsDamagedError, PointsTruncatedError } from "@vicinity/media";
import { bytes, fixture, read } from "./testing/point_bytes.ts";

interface LasOptions {
  readonly minor?: number;
  readonly format?: number;
  readonly pointBytes?: number;
  readonly legacy?: number;
  readonly count?: number;
  readonly scale?: number;
}

/** A file of two points, 1 m apart in x. */
function las(options: LasOptions = {}): Uint8Array {
  const { minor = 2, format = 0, pointBytes = 20, legacy = 2, count = 2, scale = 0.001 } = options;
  const start = minor === 4 ? 375 : 227;
  const file = new Uint8Array(start + 2 * pointBytes);
  const view = new DataView(file.buffer);
  file.set(bytes("LASF"));
  file.set([1, minor], 24);
  view.setUint16(94, start, true);
  view.setUint32(96, start, true);
  view.setUint8(104, format);
  view.setUint16(105, pointBytes, true);
  view.setUint32(107, legacy, true);
  for (const [axis, offset] of [500000, 5300000, 0].entries()) {
    view.setFloat64(131 + 8 * axis, scale, true);
    view.setFloat64(155 + 8 * axis, offset, true);
  }
  if (minor === 4) view.setBigUint64(247, BigInt(count), true);
  for (const point of [0, 1]) {
    const at = start + point * pointBytes;
    for (const [axis, value] of [1000 * point, 2001, -500].entries()) {
      view.setInt32(at + 4 * axis, value, true);
    }
    view.setUint16(at + 12, 65535, true);
  }
  return file;
}

Deno.test("places of a survey keep their millimetres, less an origin that is reported", async () => {
  const { positions, intensity, report } = await read(las(), "a.las");
  assert.deepEqual(report.origin, [500001, 5300002, 0]);
  assert.deepEqual(
    [...positions].map((value) => value.toFixed(3)),
    ["-1.000", "0.001", "-0.500", "0.000", "0.001", "-0.500"],
  );
  assert.deepEqual([...intensity ?? []], [65535, 65535]);
});

Deno.test("records may be longer than their format", async () => {
  const { positions } = await read(las({ pointBytes: 27 }), "a.las");
  assert.deepEqual(positions, (await read(las(), "a.las")).positions);
});

Deno.test("version 1.4 counts its points in two places", async () => {
  for (const counts of [{ legacy: 0, count: 2 }, { legacy: 2, count: 2 }]) {
    const file = las({ minor: 4, format: 6, pointBytes: 30, ...counts });
    assert.equal((await read(file, "a.las")).report.rows, 2);
  }
});

Deno.test("all formats of points are known by their length", async () => {
  for (const [format, pointBytes] of [20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67].entries()) {
    const minor = format > 5 ? 4 : 2;
    const { report } = await read(las({ minor, format, pointBytes }), "a.las");
    assert.equal(report.fields.includes("gps_time"), ![0, 2].includes(format));
    await assert.rejects(
      read(las({ minor, format, pointBytes: pointBytes - 1 }), "a.las"),
      PointsDamagedError,
    );
  }
});

Deno.test("headers that make no sense are refused", async () => {
  await assert.rejects(read(las({ scale: 0 }), "a.las"), PointsDamagedError);
  await assert.rejects(read(las({ format: 11 }), "a.las"), PointsDamagedError);
  await assert.rejects(read(las({ minor: 5 }), "a.las"), PointsDamagedError);
  await assert.rejects(read(las({ legacy: 3 }), "a.las"), PointsTruncatedError);
  await assert.rejects(read(las().subarray(0, 226), "a.las"), PointsTruncatedError);
});

Deno.test("packed points are unpacked, over all chunks", async () => {
  const expected = await read(fixture("golden/dsvt/formats/v12_f0.las"), "a.las");
  const { positions, intensity, report } = await read(fixture("lidar/survey.laz"), "a.bin");
  assert.equal(report.format, "laz");
  assert.deepEqual(positions, expected.positions);
  assert.deepEqual(intensity, expected.intensity);
});

Deno.test("packed points of formats that cannot be unpacked say what to do", async () => {
  await assert.rejects(read(las({ format: 0x80 | 4, pointBytes: 57 }), "a.laz"), (error) => {
    assert(error instanceof PointsCodecError);
    assert.match(
      error.message,
      /^Cannot read a\.laz: packed points of format 4 .*Unpack it to LAS/,
    );
    return true;
  });
});

Deno.test("packed points that are damaged are an error", async () => {
  await assert.rejects(read(las({ format: 0x80 }), "a.laz"), PointsDamagedError);
  const labelled = fixture("golden/dsvt/formats/v12_f1.las");
  labelled[104] = 0x80 | 1;
  await assert.rejects(read(labelled, "a.laz"), PointsDamagedError);
});

Deno.test("a count of points that the chunks cannot hold is refused at once", async () => {
  const file = fixture("lidar/survey.laz");
  new DataView(file.buffer).setUint32(107, 100_000_000, true);
  await assert.rejects(read(file, "a.laz"), /2 chunks of 20 points cannot hold 100000000 points/);
});

Deno.test("unpacking leaves the program's handling of errors as it was", async () => {
  const count = () => process.listenerCount("uncaughtException");
  const before = count();
  await read(fixture("lidar/survey.laz"), "a.laz");
  assert.equal(count(), before);
});
