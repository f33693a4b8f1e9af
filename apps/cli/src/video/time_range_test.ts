import assert from "node:assert/strict";
import { CliError } from "../errors.ts";
import { probeVideo, writeDemoClip } from "@vicinity/media";
import { frameRange, readPlace } from "./time_range.ts";

Deno.test("places are seconds, clocks or frames", () => {
  assert.deepEqual(readPlace("12.5"), { seconds: 12.5 });
  assert.deepEqual(readPlace("1:02.5"), { seconds: 62.5 });
  assert.deepEqual(readPlace("01:00:02"), { seconds: 3602 });
  assert.deepEqual(readPlace("120f"), { frame: 120 });
  for (const text of ["", "-1", "1:2:3:4", "f", "1.5f", "abc"]) {
    assert.throws(() => readPlace(text));
  }
});

Deno.test("a range holds the frames from its start to before its end", async () => {
  const path = await Deno.makeTempFile({ suffix: ".mp4" });
  await writeDemoClip(path, { frames: 12, width: 32, height: 18, overwrite: true });
  const info = await probeVideo(path);
  await Deno.remove(path);
  const range = (start?: string, end?: string, frames?: number) =>
    frameRange(info, {
      start: start === undefined ? undefined : readPlace(start),
      end: end === undefined ? undefined : readPlace(end),
      frames,
    });
  assert.deepEqual(range(), { start: 0, end: 12 });
  assert.deepEqual(range("0.25", "0.75"), { start: 3, end: 9 });
  assert.deepEqual(range("4f", undefined, 5), { start: 4, end: 9 });
  assert.deepEqual(range("0.26", "99"), { start: 4, end: 12 });
  for (const [start, end] of [["5", undefined], ["6f", "6f"], ["0.5", "0.1"]] as const) {
    assert.throws(
      () => range(start, end),
      (error) => error instanceof CliError && error.code === "VIDEO_OPTIONS",
    );
  }
});
