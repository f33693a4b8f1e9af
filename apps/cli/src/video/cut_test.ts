import assert from "node:assert/strict";
import { join } from "node:path";
import { findFfmpeg, probeVideo, type VideoInfo } from "@vicinity/media";
import { cutSource } from "./cut.ts";

/** Makes a video of 10 frames in 0.4 s and gives its folder to the test. */
async function withVideo(
  name: string,
  more: readonly string[],
  body: (info: VideoInfo, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  try {
    const { ffmpeg } = await findFfmpeg();
    // deno-fmt-ignore
    const { success, stderr } = await new Deno.Command(ffmpeg, {
      args: [
        "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=32x32:rate=25:duration=0.4",
        ...more, "-c:v", "libx264", "-preset", "ultrafast", join(folder, name),
      ],
      stdin: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    await body(await probeVideo(join(folder, name)), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const TONE = ["-f", "lavfi", "-i", "sine=duration=0.4"];

Deno.test("a cut whose times are a hair off zero goes through", () =>
  withVideo("a.mp4", TONE, async (info) => {
    for (const hair of [-Number.EPSILON, Number.EPSILON]) {
      const startTimes = { ...info.startTimes, format: (info.times[0] ?? 0) + hair };
      await using cut = await cutSource({ ...info, startTimes }, { start: 0, end: 5 });
      assert.equal((await probeStreams(cut.source.path)).join(), "aac");
    }
  }));

async function probeStreams(path: string): Promise<string[]> {
  const { ffprobe } = await findFfmpeg();
  const { stdout } = await new Deno.Command(ffprobe, {
    args: ["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path],
  }).output();
  return new TextDecoder().decode(stdout).trim().split("\n");
}
