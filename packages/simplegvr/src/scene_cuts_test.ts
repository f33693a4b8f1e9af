import assert from "node:assert/strict";
import { SceneCuts } from "./scene_cuts.ts";

const frame = (luma: (x: number, y: number) => number) => {
  const [width, height] = [40, 24];
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    data.fill(luma(at % width, Math.floor(at / width)), at * 3, at * 3 + 3);
  }
  return { width, height, data };
};

Deno.test("a change of the whole picture starts a scene, motion and noise do not", () => {
  const cuts = new SceneCuts();
  const scene = (shift: number) => frame((x) => ((x + shift) * 5) % 200);
  assert.equal(cuts.startsScene(scene(0)), false);
  assert.equal(cuts.startsScene(scene(1)), false);
  assert.equal(cuts.startsScene(scene(2)), false);
  assert.equal(cuts.startsScene(frame(() => 250)), true);
  assert.equal(cuts.startsScene(frame((x, y) => 250 - (x * y) % 5)), false);
});
