import assert from "node:assert/strict";
import { clipsOf } from "./clips.ts";

async function* counting(count: number, drawn: number[] = []) {
  for (let frame = 0; frame < count; frame++) {
    drawn.push(frame);
    yield await Promise.resolve(frame);
  }
}

Deno.test("whole clips are those of the authors' script, and every frame gets one result", async () => {
  for (
    const [count, length] of [[1, 4], [3, 4], [4, 4], [5, 4], [10, 4], [11, 3], [6, 5], [7, 1]]
  ) {
    if (count === undefined || length === undefined) continue;
    const clips = await Array.fromAsync(clipsOf(counting(count), length));
    const whole = clips.filter((clip) => clip.first === 0 && clip.count === length);
    assert.deepEqual(
      whole.map(({ frames }) => frames),
      Array.from(
        { length: Math.floor(count / length) },
        (_, clip) => Array.from({ length }, (_, at) => clip * length + at),
      ),
    );
    assert.ok(clips.every(({ frames }) => frames.length === length));
    const results = clips.flatMap(({ frames, first, count }) => frames.slice(first, first + count));
    assert.deepEqual(results, Array.from({ length: count }, (_, frame) => frame));
  }
});

Deno.test("a stream shorter than a clip repeats its last frame", async () => {
  const [clip] = await Array.fromAsync(clipsOf(counting(3), 4));
  assert.deepEqual(clip, { frames: [0, 1, 2, 2], first: 0, count: 3 });
});

Deno.test("no more frames are drawn than the clip at hand needs", async () => {
  const drawn: number[] = [];
  const clips = clipsOf(counting(1000, drawn), 4);
  await clips.next();
  assert.equal(drawn.length, 4);
  await clips.return(undefined);
  assert.equal(drawn.length, 4);
});
