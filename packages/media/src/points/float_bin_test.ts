import assert from "node:assert/strict";
import { parsePointLayout, PointsLayoutError } from "@vicinity/media";
import { bytes, read } from "./testing/point_bytes.ts";

/** Rows that look like a scan: places around, intensities, and rings as the fifth. */
function rows(count: number, width: number): Float32Array {
  const columns = (row: number) => [
    20 * Math.sin(row),
    20 * Math.cos(row),
    Math.sin(3 * row) - 1,
    (7 * row) % 256 / (width === 4 ? 255 : 1),
    row % 32,
    row / 100,
  ];
  return Float32Array.from(
    Array.from({ length: count }, (_, row) => columns(row).slice(0, width)).flat(),
  );
}

async function fields(count: number, width: number, name: string): Promise<readonly string[]> {
  return (await read(bytes(rows(count, width)), name)).report.fields;
}

const [XYZI, XYZIR] = [["x", "y", "z", "intensity"], ["x", "y", "z", "intensity", "ring"]];

Deno.test("files of KITTI and nuScenes are told apart where both sizes fit", async () => {
  assert.deepEqual(await fields(100, 4, "a.bin"), XYZI);
  assert.deepEqual(await fields(80, 5, "a.bin"), XYZIR);
  assert.deepEqual(await fields(80, 5, "a.pcd.bin"), XYZIR);
});

Deno.test("files of KITTI and nuScenes are told apart where one size fits", async () => {
  assert.deepEqual(await fields(101, 4, "a.bin"), XYZI);
  assert.deepEqual(await fields(81, 5, "a.bin"), XYZIR);
});

Deno.test("a file that was cut at a row of the other kind is not read as that kind", async () => {
  const nuscenes = bytes(rows(85, 5)).subarray(0, 16 * 101);
  await assert.rejects(read(nuscenes, "a.bin"), /no multiple of 20 .* columns look like/);
  const kitti = bytes(rows(106, 4)).subarray(0, 20 * 81);
  await assert.rejects(read(kitti, "a.bin"), /fifth column holds no numbers of lasers/);
  await assert.rejects(read(bytes(rows(8, 4)), "a.pcd.bin"), /no multiple of 20/);
});

Deno.test("a size that fits nothing is an error with the layouts that would fit", async () => {
  await assert.rejects(read(bytes(rows(5, 3)), "a.bin"), (error) => {
    assert(error instanceof PointsLayoutError);
    assert.match(error.message, /^Cannot read a\.bin: 60 bytes are a multiple of 20/);
    assert.match(error.message, /name its layout: xyz or xyzir would fit\.$/);
    return true;
  });
  await assert.rejects(read(bytes(rows(1, 4), [1]), "a.bin"), /17 bytes are no multiple of 16/);
});

Deno.test("a layout says what the columns are", async () => {
  const layout = parsePointLayout("6:x,y,z,i,_,t");
  const values = rows(3, 6);
  const cloud = await read(bytes(values), "a.bin", { layout });
  assert.deepEqual(cloud.report.fields, ["x", "y", "z", "intensity", "column5", "time"]);
  assert.deepEqual([...cloud.time ?? []], [5, 11, 17].map((at) => values[at]));
  assert.equal(cloud.ring, undefined);
  const waymo = await read(bytes(values), "a.bin", { layout: parsePointLayout("xyziet") });
  assert.deepEqual([...waymo.elongation ?? []], [0, 1, 2]);
});

Deno.test("columns may stand in any order", async () => {
  const layout = parsePointLayout("tzyxi");
  const { positions } = await read(bytes(Float32Array.of(0.1, 3, 2, 1, 9)), "a.bin", { layout });
  assert.deepEqual([...positions], [1, 2, 3]);
});

Deno.test("layouts that make no sense are refused", () => {
  const faults = {
    "xyq": '"q" is no column',
    "xyzx": "names x twice",
    "xyi": "has no z",
    "3:x,y,z,i": "names 4 of 3 columns",
    "": "has no",
    "99:x,y,z": "99 columns are more than 64",
  };
  for (const [text, reason] of Object.entries(faults)) {
    assert.throws(() => parsePointLayout(text), (error) => {
      assert(error instanceof PointsLayoutError);
      assert(error.message.includes(reason), error.message);
      return true;
    });
  }
});

Deno.test("something else that ends in .bin is told from points", async () => {
  const noise = Uint32Array.from({ length: 4000 }, (_, at) => Math.imul(at + 1, 2654435761) >>> 0);
  await assert.rejects(read(bytes(noise), "a.bin"), /of its coordinates lie beyond 1000000 m/);
});
