import assert from "node:assert/strict";
import { readPoints } from "@vicinity/media";
import type { FoundInScan } from "./found.ts";
import { encodePly } from "./ply.ts";

const BOX = {
  center: [10, 5, 1],
  size: [4, 2, 1.5],
  heading: Math.PI / 2,
  classId: 0,
  score: 1,
} as const;

function found(origin: readonly [number, number, number]): FoundInScan {
  const scan = { positions: Float32Array.of(1, 2, 3, 4, 5, 6) };
  return {
    boxes: [BOX],
    everything: [BOX],
    near: { scan, boxes: [BOX] },
    placed: { scan, boxes: [BOX] },
    origin,
    classes: [{ name: "car", color: [250, 150, 20] }],
    stem: "a",
  };
}

Deno.test("points and the corners of boxes come back from the file", async () => {
  const file = encodePly(found([0, 0, 0]), () => [9, 8, 7]);
  const { positions, report } = await readPoints(file, { name: "a.ply" });
  assert.equal(report.rows, 2 + 10);
  assert.deepEqual([...positions.subarray(0, 6)], [1, 2, 3, 4, 5, 6]);
  const corners = Array.from({ length: 8 }, (_, at) => positions.subarray(6 + 3 * at, 9 + 3 * at));
  for (const [x = 0, y = 0, z = 0] of corners) {
    assert.ok(Math.abs(Math.abs(x - 10) - 1) < 1e-5 && Math.abs(Math.abs(y - 5) - 2) < 1e-5);
    assert.ok(Math.abs(Math.abs(z - 1) - 0.75) < 1e-5);
  }
  const [x = 0, y = 0, z = 0] = positions.subarray(33);
  assert.deepEqual([x, y, z].map((value) => Number(value.toFixed(5))), [10, 7, 1], "the front");
});

Deno.test("edges join vertices of their box, with the colour of its class", () => {
  const file = encodePly(found([0, 0, 0]), () => [9, 8, 7]);
  const header = new TextDecoder().decode(file).split("end_header\n")[0] ?? "";
  assert.match(header, /element edge 13\n/);
  const view = new DataView(file.buffer, header.length + "end_header\n".length + 12 * 15);
  assert.equal(view.byteLength, 13 * 11);
  for (let edge = 0; edge < 13; edge++) {
    const ends = [view.getInt32(edge * 11, true), view.getInt32(edge * 11 + 4, true)];
    assert.ok(ends.every((end) => end >= 2 && end < 12));
    const color = [8, 9, 10].map((at) => view.getUint8(edge * 11 + at));
    assert.deepEqual(color, [250, 150, 20]);
  }
});

Deno.test("a large offset is left off and told", () => {
  const file = encodePly(found([500000, 4000000, 0]), () => [0, 0, 0]);
  assert.match(new TextDecoder().decode(file), /comment less origin 500000 4000000 0\n/);
});
