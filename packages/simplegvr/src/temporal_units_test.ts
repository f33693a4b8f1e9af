import assert from "node:assert/strict";
import { unitOf, unitSpans } from "./temporal_units.ts";

const PAPER = { unit: 5, shift: 2 };
const lengths = (frames: number, layer: number, rule = PAPER) =>
  unitSpans(frames, layer, rule).map(({ start, end }) => end - start);

Deno.test("even layers cut whole units, odd layers are shifted by half of one", () => {
  assert.deepEqual(lengths(20, 0), [5, 5, 5, 5]);
  assert.deepEqual(lengths(20, 1), [2, 5, 5, 5, 3]);
  assert.deepEqual(lengths(20, 2), lengths(20, 0));
});

Deno.test("clips up to the shift are one unit in every layer", () => {
  for (const frames of [1, 2]) {
    assert.deepEqual(lengths(frames, 0), [frames]);
    assert.deepEqual(lengths(frames, 1), [frames]);
  }
});

Deno.test("unit 0 keeps the clip together, and no frames have no units", () => {
  assert.deepEqual(lengths(7, 1, { unit: 0, shift: 0 }), [7]);
  assert.deepEqual(lengths(0, 0), []);
});

Deno.test("spans cover all frames in order and agree with the unit of each frame", () => {
  for (const rule of [PAPER, { unit: 4, shift: 2 }, { unit: 3, shift: 0 }, { unit: 1, shift: 0 }]) {
    for (const layer of [0, 1]) {
      for (let frames = 1; frames < 30; frames++) {
        const spans = unitSpans(frames, layer, rule);
        const units = spans.flatMap(({ start, end }, unit) =>
          Array.from({ length: end - start }, (_, offset) => ({ frame: start + offset, unit }))
        );
        assert.deepEqual(
          units,
          Array.from(
            { length: frames },
            (_, frame) => ({ frame, unit: unitOf(frame, layer, rule) }),
          ),
        );
      }
    }
  }
});
