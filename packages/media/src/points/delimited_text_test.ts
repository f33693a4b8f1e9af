import assert from "node:assert/strict";
import { PointsDamagedError, PointsTruncatedError } from "@vicinity/media";
import { bytes, read } from "./testing/point_bytes.ts";

const cloud = (text: string) => read(bytes(text), "a.txt");
const positions = async (text: string) => [...(await cloud(text)).positions];
const XYZ = [1, 2, 3, 4, 5, 6];

Deno.test("blanks, tabs, commas and semicolons divide columns", async () => {
  for (
    const text of ["1 2 3\n4 5 6\n", "1\t2  3\r\n4 5\t6\r\n", "1,2,3\n4, 5 ,6", "1;2;3\n4 ; 5;6"]
  ) {
    assert.deepEqual(await positions(text), XYZ, JSON.stringify(text));
  }
});

Deno.test("names stand in a first line or in a comment", async () => {
  for (
    const text of [
      "intensity,z,y,x\n9,3,2,1\n8,6,5,4\n",
      "# intensity z y x\n9 3 2 1\n8 6 5 4\n",
      "//Intensity Z Y X\n9 3 2 1\n8 6 5 4\n",
      "# scanned today\n\n# intensity z y x\n# begin\n9 3 2 1\n8 6 5 4\n",
      '"Scalar_Intensity","Z","Y","X"\n9,3,2,1\n8,6,5,4\n',
      "\ufeffintensity;z;y;x\n9;3;2;1\n8;6;5;4\n",
    ]
  ) {
    const { positions, intensity } = await cloud(text);
    assert.deepEqual([...positions], XYZ, text);
    assert.deepEqual([...intensity ?? []], [9, 8]);
  }
});

Deno.test("columns without names are xyz and intensity", async () => {
  const { intensity } = await cloud("# scanned today\n1 2 3 0.5\n4 5 6 0.25\n");
  assert.deepEqual([...intensity ?? []], [0.5, 0.25]);
});

Deno.test("comments and empty lines are no points", async () => {
  assert.deepEqual(await positions("\n1 2 3\n\n# between\n  \n4 5 6\n\n"), XYZ);
});

Deno.test("numbers are read as the nearest double", async () => {
  const texts = ["-27.198007583618164", "1e3", ".5", "5.", "+1.25E-2", "123456789012345678", "0.1"];
  const hard = ["9007199254740993", "1.7976931348623157e308", "-0.000012345678901234567", "3e-310"];
  for (const text of [...texts, ...hard]) {
    const { report } = await cloud(`0 0 0 ${text}\n`);
    const [low] = report.intensityRange ?? [];
    const value = Number(text);
    assert.equal(low, Math.abs(value) < 2 ** 128 ? value : undefined, text);
  }
});

Deno.test("random numbers are read as the nearest double", async () => {
  let state = 7;
  const random = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) / 2 ** 32;
  const values = Array.from({ length: 999 }, () => (random() - 0.5) * 10 ** (12 * random() - 6));
  for (const write of [String, (v: number) => v.toFixed(4), (v: number) => v.toExponential(9)]) {
    const texts = values.map(write);
    const lines = texts.map((text) => `0,0,0,${text}`).join("\n");
    const { intensity } = await cloud(lines);
    assert.deepEqual(intensity, Float32Array.from(texts, Number));
  }
});

Deno.test("what is missing or no number makes a point without a place", async () => {
  const { positions, report } = await cloud("1,2,3\nnan,2,3\n4,,6\n-inf,0,0\n4,5,6\n");
  assert.deepEqual([...positions], XYZ);
  assert.equal(report.dropped, 3);
  const last = await cloud("x,y,z,intensity\n1,2,3,\n4,5,6,7\n");
  assert.deepEqual([...last.intensity ?? []], [0, 7]);
});

Deno.test("lines of another length and words are errors with the number of the line", async () => {
  const faults = {
    "line 2 has 4, expected 3 columns": "1 2 3\n4 5 6 7\n8 9 10\n",
    "line 3 has 2, expected 3 columns": "x y z\n1 2 3\n4 5\n6 7 8\n",
    '"six" in line 2 is no number': "1 2 3\n4 5 six\n",
    '"1.2.3" in line 2 is no number': "1 2 3\n1.2.3 4 5\n",
    '"0x10" in line 2 is no number': "1 2 3\n4 5 0x10\n",
    'its first line is "1 2 three"': "1 2 three\n",
  };
  for (const [reason, text] of Object.entries(faults)) {
    await assert.rejects(cloud(text), (error) => {
      assert(error instanceof PointsDamagedError);
      assert(error.message.includes(reason), error.message);
      return true;
    });
  }
});

Deno.test("a last line that is cut off is an error", async () => {
  await assert.rejects(cloud("1 2 3\n4 5"), (error) => {
    assert(error instanceof PointsTruncatedError);
    assert.match(error.message, /cut off, line 2 has 2 of 3 columns\./);
    return true;
  });
});

Deno.test("a table of names alone has no points", async () => {
  assert.equal((await cloud("x,y,z\n")).report.rows, 0);
});
