import assert from "node:assert/strict";
import { FfmpegMissingError, findFfmpeg } from "../mod.ts";
import { frameTimingArguments } from "./ffmpeg_version.ts";

async function withVariable(name: string, value: string, body: () => Promise<void>) {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    await body();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

Deno.test("FFMPEG_BIN wins, and naming a missing file is an error with advice", async () => {
  await withVariable("FFMPEG_BIN", "ffmpeg", async () => {
    assert.equal((await findFfmpeg()).source, "FFMPEG_BIN");
  });
  await withVariable("FFMPEG_BIN", "/nowhere/ffmpeg", async () => {
    await assert.rejects(findFfmpeg(), (error: unknown) => {
      assert.ok(error instanceof FfmpegMissingError);
      assert.equal(error.code, "FFMPEG_MISSING");
      assert.match(error.message, /nowhere.* was not found\. Install it/);
      return true;
    });
  });
});

Deno.test("old releases get the old name of the frame timing option", () => {
  assert.equal(frameTimingArguments("4.4.2-0ubuntu0.22.04.1")[0], "-vsync");
  assert.equal(frameTimingArguments("5.1.9-0+deb12u1")[0], "-fps_mode");
  assert.equal(frameTimingArguments("n7.1")[0], "-fps_mode");
  assert.equal(frameTimingArguments("N-110000-gabcdef")[0], "-fps_mode");
});
