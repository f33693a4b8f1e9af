import assert from "node:assert/strict";
import { frameChange, SCAN_FRAMES } from "@vicinity/dsvt";
import { inverse4, transformBox, transformPositions } from "@vicinity/vision";

const frames = Object.entries(SCAN_FRAMES);

Deno.test("a KITTI scan is turned by exactly a quarter for nuScenes", () => {
  const motion = frameChange(SCAN_FRAMES.kitti, SCAN_FRAMES.nuscenes);
  const points = Float32Array.of(12.345678, -3.2109876, -1.73);
  const [x, y, z] = transformPositions(points, motion);
  assert.deepEqual([x, y], [-(points[1] ?? 0), points[0]]);
  assert.equal(z, Math.fround(-1.84));
});

Deno.test("what drives ahead drives ahead in every frame, on the ground", () => {
  for (const [name, from] of frames) {
    for (const [other, to] of frames) {
      const ahead = (frame: typeof from) => frame.forward * Math.PI / 2;
      const car = {
        center: [9 * Math.cos(ahead(from)), 9 * Math.sin(ahead(from)), from.groundZ] as const,
        size: [4, 2, 1.5] as const,
        heading: ahead(from),
        velocity: [5 * Math.cos(ahead(from)), 5 * Math.sin(ahead(from))] as const,
      };
      const motion = frameChange(from, to);
      const { center, heading, velocity } = transformBox(car, motion);
      const expected = [9 * Math.cos(ahead(to)), 9 * Math.sin(ahead(to)), to.groundZ];
      const found = [...center, heading, ...velocity];
      const wanted = [...expected, ahead(to), 5 * Math.cos(ahead(to)), 5 * Math.sin(ahead(to))];
      const label = `${name} to ${other}`;
      assert(found.every((value, at) => Math.abs(value - (wanted[at] ?? 0)) < 1e-12), label);
      const back = transformBox({ center, size: car.size, heading, velocity }, inverse4(motion));
      assert(Math.abs(back.heading - car.heading) < 1e-12, label);
    }
  }
});

Deno.test("ground that was measured goes where the model's ground is", () => {
  const motion = frameChange(SCAN_FRAMES.kitti, SCAN_FRAMES.waymo, -2.25);
  assert.deepEqual([...transformPositions(Float32Array.of(1, 2, -2.25), motion)], [1, 2, 0]);
});
