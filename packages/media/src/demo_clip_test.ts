import assert from "node:assert/strict";
import { demoClip, probeVideo, sideBySide, VideoOptionsError, writeDemoClip } from "../mod.ts";
import { inFolder, neighbours } from "./test_clips.ts";

const SMALL = { width: 64, height: 36 };

Deno.test("the clip is the same every time, and moves", () => {
  const draw = () => [...demoClip({ ...SMALL, frames: 2 })].map(({ data }) => data);
  const [first, second] = draw();
  assert.deepEqual(draw(), [first, second]);
  assert.notDeepEqual(first, second);
});

Deno.test("a pixel is the mean of the same scene drawn larger", () => {
  const [small] = demoClip({ ...SMALL, frames: 1, samples: 4 });
  const [large] = demoClip({ width: 128, height: 72, frames: 1, samples: 2 });
  assert.ok(small !== undefined && large !== undefined);
  for (let row = 0; row < 36; row++) {
    for (let column = 0; column < 64; column++) {
      for (let channel = 0; channel < 3; channel++) {
        const part = (y: number, x: number) =>
          large.data[((row * 2 + y) * 128 + column * 2 + x) * 3 + channel] ?? NaN;
        const mean = (part(0, 0) + part(0, 1) + part(1, 0) + part(1, 1)) / 4;
        assert.ok(Math.abs(mean - (small.data[(row * 64 + column) * 3 + channel] ?? 0)) <= 1.01);
      }
    }
  }
});

Deno.test("the written clip has sound of the same length and replaces nothing unasked", () =>
  inFolder(async (at) => {
    await writeDemoClip(at("demo.mp4"), { ...SMALL, frames: 6 });
    const info = await probeVideo(at("demo.mp4"));
    assert.deepEqual([info.frames, info.audio.length, info.duration], [6, 1, 0.5]);
    assert.deepEqual(neighbours(at("x")), ["demo.mp4"]);
    await assert.rejects(writeDemoClip(at("demo.mp4"), SMALL), VideoOptionsError);
  }));

Deno.test("a comparison holds both pictures and a white line", () => {
  const [left] = demoClip({ ...SMALL, frames: 1 });
  assert.ok(left !== undefined);
  const dark = { ...SMALL, data: new Uint8Array(64 * 36 * 3) };
  const both = sideBySide(left, dark);
  assert.deepEqual([both.width, both.height], [130, 36]);
  assert.deepEqual(both.data.subarray(0, 64 * 3), left.data.subarray(0, 64 * 3));
  assert.deepEqual([...both.data.subarray(64 * 3, 67 * 3)], [
    255,
    255,
    255,
    255,
    255,
    255,
    0,
    0,
    0,
  ]);
  const labelled = sideBySide(dark, dark, { labels: ["A", "B"] });
  assert.ok(labelled.data.subarray(2 * 130 * 3, 3 * 130 * 3).includes(255));
  assert.throws(() => sideBySide(dark, { ...dark, height: 35 }), VideoOptionsError);
});
