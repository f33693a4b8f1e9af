import assert from "node:assert/strict";
import type { ScoredBox3d } from "@vicinity/vision";
import { paintScan } from "./paint_scan.ts";
import { POINT_COLORS, pointColor, pointColors } from "./points.ts";
import { BirdsEyeView } from "./view.ts";

const AROUND = { x: [-20, 20], y: [-20, 20] } as const;
const CLASSES = [{ name: "car", color: [255, 0, 0] }, {
  name: "person",
  color: [0, 0, 255],
}] as const;

function box(x: number, y: number, part: Partial<ScoredBox3d> = {}): ScoredBox3d {
  return { center: [x, y, 0], size: [4, 2, 1.5], heading: 0, classId: 0, score: 0.9, ...part };
}

Deno.test("forward is up and left is left, for both kinds of axes", () => {
  const view = new BirdsEyeView({ x: [-10, 30], y: [-20, 20] }, 0.5);
  assert.deepEqual([view.width, view.height], [80, 80]);
  assert.deepEqual(view.place(30, 20), [0, 0]);
  assert.deepEqual(view.place(0, 0), [40, 60]);
  const nuscenes = new BirdsEyeView({ x: [-10, 30], y: [-20, 20] }, 0.5, "y");
  assert.deepEqual(nuscenes.place(0, 10), [20, 20]);
  assert.deepEqual(nuscenes.place(10, 0), [40, 40], "x is right");
});

Deno.test("a picture that would not fit into memory is refused", () => {
  assert.throws(() => new BirdsEyeView(AROUND, 0.005), /8000 x 8000 pixels/);
});

Deno.test("heights are coloured from the ground on, intensities up to the strong ones", () => {
  const view = new BirdsEyeView(AROUND, 0.1);
  const positions = Float32Array.from(
    { length: 300 },
    (_, at) => at % 3 === 2 ? (at < 240 ? -1.7 : 2) : at / 30,
  );
  const heights = pointColors({ positions }, "intensity", view);
  assert.deepEqual(heights, { by: "height", range: [-1.5, 2.5] }, "there is no intensity");
  const scan = { positions, intensity: Float32Array.from({ length: 100 }, (_, at) => at) };
  const intensities = pointColors(scan, "intensity", view);
  assert.deepEqual(intensities, { by: "intensity", range: [0, 94] });
  assert.equal(pointColor(scan, 0, intensities), POINT_COLORS[0]);
  assert.equal(pointColor(scan, 99, intensities), POINT_COLORS.at(-1));
});

Deno.test("boxes are where they are, with a line to their front", () => {
  const view = new BirdsEyeView(AROUND, 0.1);
  const shown = { scan: { positions: new Float32Array() }, classes: CLASSES, title: "a" };
  const colors = { by: "height", range: [0, 4] } as const;
  const empty = paintScan({ ...shown, boxes: [] }, view, colors);
  const painted = paintScan(
    { ...shown, boxes: [box(-8, -8, { heading: Math.PI / 2 })] },
    view,
    colors,
  );
  assert.deepEqual([painted.width, painted.height], [empty.width, empty.height]);
  const red = (x: number, y: number) => {
    const [column, row] = view.place(x, y).map(Math.floor) as [number, number];
    return painted.data[(row * view.width + column) * 3] ?? 0;
  };
  assert.ok(red(-8, -6.02) > 150 && red(-8, -10) > 150, "front and rear");
  assert.ok(red(-7, -8) > 150 && red(-9, -8) > 150, "sides");
  assert.ok(red(-8, -7) > 150, "from the middle to the front");
  assert.ok(red(-8, -9.2) < 90, "not to the rear");
});

Deno.test("labels cover neither boxes nor each other, and do without names where room is short", () => {
  const view = new BirdsEyeView(AROUND, 0.1);
  const colors = { by: "height", range: [0, 4] } as const;
  const crowd = Array.from(
    { length: 60 },
    (_, at) => box(-18 + 4 * (at % 10), -15 + 6 * Math.floor(at / 10)),
  );
  const scan = { positions: new Float32Array() };
  const picture = paintScan({ scan, boxes: crowd, classes: CLASSES, title: "crowd" }, view, colors);
  // Pale letters over the dark ground inside a box would be a label on top of it.
  for (const { center: [x, y] } of crowd) {
    const [column, row] = view.place(x - 1, y).map(Math.floor) as [number, number];
    const blue = picture.data[(row * view.width + column) * 3 + 2] ?? 0;
    assert.ok(blue < 100, `${x}, ${y}`);
  }
});

Deno.test("strips are alike whatever the numbers are, so that pictures make a video", () => {
  const view = new BirdsEyeView({ x: [-9, 9.1], y: [-9, 9] }, 0.1);
  const colors = { by: "height", range: [0, 4] } as const;
  const scan = { positions: new Float32Array() };
  const heights = [0, 5, 99].map((count) => {
    const boxes = Array.from({ length: count }, () => box(0, 0));
    const title = "a name".repeat(1 + count);
    return paintScan({ scan, boxes, classes: CLASSES, title }, view, colors).height;
  });
  assert.equal(new Set(heights).size, 1);
  assert.equal((heights[0] ?? 1) % 2, 0);
});
