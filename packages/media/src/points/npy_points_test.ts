import assert from "node:assert/strict";
import {
  parsePointLayout,
  PointsCodecError,
  PointsDamagedError,
  PointsLayoutError,
  PointsTruncatedError,
} from "@vicinity/media";
import { bigEndian, bytes, npy, read } from "./testing/point_bytes.ts";

const XYZ = [1, -2, 3, 4, 5, -6];
const positions = async (file: Uint8Array) => [...(await read(file, "a.npy")).positions];

Deno.test("matrices of every type of number are read", async () => {
  const types = {
    "<f2": Float16Array.from(XYZ),
    "<f4": Float32Array.from(XYZ),
    "=f8": Float64Array.from(XYZ),
    "|i1": Int8Array.from(XYZ),
    "<i2": Int16Array.from(XYZ),
    "<i4": Int32Array.from(XYZ),
    "<i8": BigInt64Array.from(XYZ.map(BigInt)),
  };
  for (const [type, data] of Object.entries(types)) {
    assert.deepEqual(await positions(npy(`'${type}'`, "(2, 3)", data)), XYZ, type);
  }
  assert.deepEqual(await positions(npy("'>f4'", "(2, 3)", bigEndian(Float32Array.from(XYZ)))), XYZ);
  assert.deepEqual(await positions(npy("'>f8'", "(2, 3)", bigEndian(Float64Array.from(XYZ)))), XYZ);
});

Deno.test("matrices in Fortran order are read", async () => {
  const columns = Float32Array.of(1, 4, -2, 5, 3, -6);
  assert.deepEqual(await positions(npy("'<f4'", "(2, 3)", columns, "True")), XYZ);
});

Deno.test("an organised cloud is a list of its points", async () => {
  assert.deepEqual(await positions(npy("'<f4'", "(1, 2, 3)", Float32Array.from(XYZ))), XYZ);
});

Deno.test("the second and third version of the header are read", async () => {
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}\n";
  for (const version of [2, 3]) {
    const head = bytes([0x93], "NUMPY", [version, 0, text.length, 0, 0, 0], text);
    assert.deepEqual(await positions(bytes(head, Float32Array.from(XYZ))), XYZ);
  }
});

Deno.test("records may have gaps, vectors, titles and both byte orders", async () => {
  const descr =
    "[('', '|V2'), (('where', 'xyz'), '<f4', (3,)), ('reflectance', '>u2'), ('t','|u1')]";
  const record = (...xyz: number[]) =>
    bytes([9, 9], Float32Array.from(xyz), bigEndian(Uint16Array.of(300)), [7]);
  const file = npy(descr, "(2,)", bytes(record(1, -2, 3), record(4, 5, -6)));
  const cloud = await read(file, "a.npy");
  assert.deepEqual([...cloud.positions], XYZ);
  assert.deepEqual([...cloud.intensity ?? []], [300, 300]);
  assert.deepEqual([...cloud.time ?? []], [7, 7]);
});

Deno.test("a layout names the columns of a matrix", async () => {
  const layout = parsePointLayout("3:z,y,x");
  const { positions } = await read(npy("'<f4'", "(2, 3)", Float32Array.from(XYZ)), "a.npy", {
    layout,
  });
  assert.deepEqual([...positions], [3, -2, 1, -6, 5, 4]);
  await assert.rejects(
    read(npy("'<f4'", "(1, 6)", Float32Array.from(XYZ)), "a.npy", { layout }),
    /it has 6 columns, the layout 3/,
  );
});

Deno.test("a fifth column is a ring only if it can be one; others are told", async () => {
  const cloud = await read(npy("'<f4'", "(1, 5)", Float32Array.of(1, 2, 3, 4, 31)), "a.npy");
  assert.deepEqual([...cloud.ring ?? []], [31]);
  const other = await read(npy("'<f4'", "(1, 5)", Float32Array.of(1, 2, 3, 4, 0.1)), "a.npy");
  assert.equal(other.ring, undefined);
  assert.deepEqual(other.report.warnings.map(({ code }) => code), ["POINTS_COLUMNS"]);
});

Deno.test("six columns are Waymo's if the last one is its flag", async () => {
  const rows = Float32Array.of(1, 2, 3, 40, 0.5, -1, 4, 5, 6, 0.2, 1.5, 1);
  const { elongation, noLabelZone } = await read(npy("'<f4'", "(2, 6)", rows), "a.npy");
  assert.deepEqual([...elongation ?? []], [0.5, 1.5]);
  assert.deepEqual([...noLabelZone ?? []], [-1, 1]);
});

Deno.test("colours are not taken for intensity", async () => {
  const rows = Float32Array.of(1, 2, 3, 255, 128, 0, 4, 5, 6, 9, 8, 7);
  const { intensity, report } = await read(npy("'<f4'", "(2, 6)", rows), "a.npy");
  assert.equal(intensity, undefined);
  assert.match(report.warnings[0]?.message ?? "", /^3 of the 6 columns/);
});

Deno.test("arrays of objects, texts and complex numbers are refused", async () => {
  for (const descr of ["'|O'", "'<U8'", "'<c8'", "[('x','<f4'),('y','<f4'),('z','|O')]"]) {
    await assert.rejects(read(npy(descr, "(1,)", new Uint8Array(64)), "a.npy"), PointsCodecError);
  }
});

Deno.test("shapes that are no points are refused", async () => {
  for (const shape of ["(6,)", "()", "(3, 2)", "(1, 90)"]) {
    const file = npy("'<f4'", shape, new Uint8Array(360));
    await assert.rejects(read(file, "a.npy"), PointsLayoutError, shape);
  }
});

Deno.test("headers that make no sense are refused", async () => {
  const broken = [
    npy("'<f4'", "(-1, 4)", []),
    npy("'<f4'", "(1.5, 4)", []),
    npy("'<f4'", "(1, 4", []),
    npy("'<f4'", "(1, 4)", [], "Maybe"),
    bytes([0x93], "NUMPY", [9, 0, 0, 0]),
    bytes([0x93], "NUMPY", [2, 0, 0, 0, 0, 255]),
  ];
  for (const file of broken) await assert.rejects(read(file, "a.npy"), PointsDamagedError);
});

Deno.test("more points than the file has bytes are refused before memory is set aside", async () => {
  const file = npy("'<f4'", "(100000000, 4)", Float32Array.from(XYZ));
  await assert.rejects(read(file, "a.npy"), (error) => {
    assert(error instanceof PointsTruncatedError);
    assert.match(error.message, /^Cannot read a\.npy: the file is cut off, 24 bytes hold 6 of/);
    return true;
  });
});
