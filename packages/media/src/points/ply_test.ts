import assert from "node:assert/strict";
import { PointsCodecError, PointsDamagedError, PointsTruncatedError } from "@vicinity/media";
import { bigEndian, bytes, read } from "./testing/point_bytes.ts";

const VERTEX = "element vertex 2\nproperty float x\nproperty float y\nproperty float z\n";
const XYZ = Float32Array.of(1, 2, 3, 4, 5, 6);

function header(format: string, elements: string): string {
  return `ply\nformat ${format} 1.0\ncomment made by hand\nobj_info none\n${elements}end_header\n`;
}

Deno.test("points of the three encodings are read", async () => {
  const files = [
    bytes(header("ascii", VERTEX), "1 2 3\n4 5 6\n"),
    bytes(header("binary_little_endian", VERTEX), XYZ),
    bytes(header("binary_big_endian", VERTEX), bigEndian(XYZ)),
  ];
  for (const file of files) assert.deepEqual((await read(file, "a.ply")).positions, XYZ);
});

Deno.test("header lines may end as on Windows", async () => {
  const file = bytes(header("binary_little_endian", VERTEX).replaceAll("\n", "\r\n"), XYZ);
  assert.deepEqual((await read(file, "a.ply")).positions, XYZ);
});

Deno.test("elements before the points are passed over, lists of any length included", async () => {
  const elements = "element camera 1\nproperty double fov\n" +
    "element face 2\nproperty list uchar int corners\nproperty list ushort float uv\n" + VERTEX;
  const ascii = bytes(header("ascii", elements), "90\n3 0 1 2 0\n4 0 1 2 3 1 0.5\n1 2 3\n4 5 6\n");
  assert.deepEqual((await read(ascii, "a.ply")).positions, XYZ);
  const before = bytes(
    Float64Array.of(90),
    ...[[3], Int32Array.of(0, 1, 2), Uint16Array.of(0)],
    ...[[4], Int32Array.of(0, 1, 2, 3), Uint16Array.of(1), Float32Array.of(0.5)],
  );
  const binary = bytes(header("binary_little_endian", elements), before, XYZ);
  assert.deepEqual((await read(binary, "a.ply")).positions, XYZ);
  const big = "element face 1\nproperty list uint16 float64 corners\n" + VERTEX;
  const list = bytes(bigEndian(Uint16Array.of(2)), bigEndian(Float64Array.of(7, 8)));
  const bigFile = bytes(header("binary_big_endian", big), list, bigEndian(XYZ));
  assert.deepEqual((await read(bigFile, "a.ply")).positions, XYZ);
});

Deno.test("intensity is known by many names", async () => {
  const names = ["intensity", "scalar_Intensity", "scalar_intensity", "reflectance"];
  for (const name of [...names, "reflectivity", "i", "remission"]) {
    const file = bytes(header("ascii", `${VERTEX}property uchar ${name}\n`), "1 2 3 7\n4 5 6 8\n");
    assert.deepEqual([...(await read(file, "a.ply")).intensity ?? []], [7, 8], name);
  }
});

Deno.test("all old and new names of types are known", async () => {
  const elements = "element vertex 1\nproperty double x\nproperty float32 y\nproperty int16 z\n" +
    "property ushort intensity\nproperty uint8 red\nproperty int32 ring\nproperty float64 time\n";
  const row = bytes(
    ...[Float64Array.of(1), Float32Array.of(2), Int16Array.of(-3), Uint16Array.of(9), [255]],
    ...[Int32Array.of(5), Float64Array.of(0.5)],
  );
  const cloud = await read(bytes(header("binary_little_endian", elements), row), "a.ply");
  assert.deepEqual([...cloud.positions], [1, 2, -3]);
  assert.deepEqual([cloud.intensity?.[0], cloud.ring?.[0], cloud.time?.[0]], [9, 5, 0.5]);
});

Deno.test("what follows the points plays no part", async () => {
  const elements = `${VERTEX}element face 3\nproperty list uchar int corners\n`;
  const file = bytes(header("binary_little_endian", elements), XYZ, [3]);
  assert.deepEqual((await read(file, "a.ply")).positions, XYZ);
});

Deno.test("headers that make no sense are refused", async () => {
  const faults = {
    "no element vertex": "element face 1\nproperty uchar x\n",
    'the line "property quad x"': "element vertex 1\nproperty quad x\n",
    'the line "element vertex many"': "element vertex many\n",
    'begins with "property float x"': "property float x\n",
  };
  for (const [reason, elements] of Object.entries(faults)) {
    await assert.rejects(read(bytes(header("ascii", elements), "1\n"), "a.ply"), (error) => {
      assert(error instanceof PointsDamagedError);
      assert(error.message.includes(reason), error.message);
      return true;
    });
  }
  await assert.rejects(read(bytes(header("binary", VERTEX), XYZ), "a.ply"), PointsDamagedError);
  const lists = `${VERTEX}property list uchar int neighbours\n`;
  await assert.rejects(read(bytes(header("ascii", lists), "1 2 3 0\n"), "a.ply"), PointsCodecError);
});

Deno.test("missing points and endless lists are errors", async () => {
  const few = bytes(header("binary_little_endian", VERTEX), XYZ.subarray(0, 5));
  await assert.rejects(read(few, "a.ply"), PointsTruncatedError);
  await assert.rejects(
    read(bytes(header("ascii", VERTEX), "1 2 3\n"), "a.ply"),
    PointsTruncatedError,
  );
  const list = `element face 1\nproperty list uint int corners\n${VERTEX}`;
  const endless = bytes(header("binary_little_endian", list), Uint32Array.of(4294967295), XYZ);
  await assert.rejects(read(endless, "a.ply"), PointsTruncatedError);
  const negative = `element face 1\nproperty list int int corners\n${VERTEX}`;
  const back = bytes(header("binary_little_endian", negative), Int32Array.of(-2), XYZ);
  await assert.rejects(read(back, "a.ply"), PointsDamagedError);
});
