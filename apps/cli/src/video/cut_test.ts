import assert from "node:assert/strict";
import { join } from "node:path";
import {
  findFfmpeg,
  probeVideo,
  type SideStream,
  type VideoInfo,
  VideoWriter,
} from "@vicinity/media";
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

const ALL = { audio: "copy", subtitles: "copy" } as const;
const PICTURES = { audio: "none", subtitles: "none" } as const;
const TONE = ["-f", "lavfi", "-i", "sine=duration=0.4"];

Deno.test("a cut whose times are a hair off zero goes through", () =>
  withVideo("a.mp4", TONE, async (info) => {
    for (const hair of [-Number.EPSILON, Number.EPSILON]) {
      const startTimes = { ...info.startTimes, format: (info.times[0] ?? 0) + hair };
      await using cut = await cutSource({ ...info, startTimes }, { start: 0, end: 5 }, ALL);
      assert.equal((await probeStreams(cut.source.path)).join(), "aac");
    }
  }));

Deno.test("what will not be written is not cut", () =>
  withVideo("a.mkv", TONE, async (info) => {
    const broken = { ...info.audio[0], index: 99 } as SideStream;
    const source = { ...info, audio: [broken] };
    await assert.rejects(cutSource(source, { start: 2, end: 5 }, ALL), /cannot cut the sound/);
    await using cut = await cutSource(source, { start: 2, end: 5 }, PICTURES);
    assert.deepEqual([cut.source.audio, cut.source.path], [[], info.path]);
  }));

Deno.test("sound of discs is cut as FLAC, for which the file of the cut has a name", () =>
  withVideo("a.m2ts", [...TONE, "-c:a", "pcm_bluray"], async (info) => {
    await using cut = await cutSource(info, { start: 2, end: 5 }, ALL);
    assert.deepEqual(cut.source.audio.map(({ index, codec }) => `${index} ${codec}`), ["0 flac"]);
    assert.deepEqual(cut.notes.map(({ code }) => code), ["AUDIO_CONVERTED"]);
    assert.deepEqual(await probeStreams(cut.source.path), ["flac"]);
  }));

const CHAPTERS = [
  { start: 0, end: 0.08, title: "before" },
  { start: 0.04, end: 0.16, title: "a = b" },
  { start: 0.16, end: 0.4, title: "last" },
];

for (const [title, more] of [["with sound", TONE], ["silent", []]] as const) {
  Deno.test(`chapters are moved into the part and clipped to it: ${title}`, () =>
    withVideo("a.mp4", [...more, "-metadata", "title=Name"], async (info, folder) => {
      const whole = { ...info, chapters: CHAPTERS };
      await using cut = await cutSource(whole, { start: 2, end: 5 }, ALL);
      const expected = ["a = b 0 0.08", "last 0.08 0.12"];
      const told = (chapters: VideoInfo["chapters"]) =>
        chapters.map(({ start, end, title }) => `${title} ${+start.toFixed(4)} ${+end.toFixed(4)}`);
      assert.deepEqual(told(cut.source.chapters), expected);
      const path = join(folder, "out.mkv");
      const size = { width: 32, height: 32 };
      const writer = await VideoWriter.open(path, { source: cut.source, ...size });
      for (let i = 0; i < 3; i++) await writer.write(new Uint8Array(32 * 32 * 3));
      await writer.close();
      const result = await probeVideo(path);
      assert.deepEqual(told(result.chapters), expected);
      assert.equal(result.audio.length, more.length > 0 ? 1 : 0);
      assert.deepEqual(await probeTitle(path), "Name");
    }));
}

Deno.test("attached files come along with sound, else their loss is told", async () => {
  const attachment = [
    "-attach",
    import.meta.filename ?? "",
    "-metadata:s:t",
    "mimetype=text/plain",
  ];
  await withVideo("a.mkv", [...TONE, ...attachment], async (info) => {
    assert.equal(info.attachments.length, 1);
    await using cut = await cutSource(info, { start: 2, end: 5 }, ALL);
    assert.deepEqual(cut.source.attachments.map(({ index }) => index), [1]);
    assert.equal((await probeStreams(cut.source.path)).length, 2);
    await using silent = await cutSource(info, { start: 2, end: 5 }, PICTURES);
    assert.deepEqual(silent.source.attachments, []);
    assert.deepEqual(silent.notes.map(({ code }) => code), ["ATTACHMENTS_DROPPED"]);
  });
});

async function probeTitle(path: string): Promise<string> {
  return (await probeLines("format_tags=title", path)).join();
}

async function probeStreams(path: string): Promise<string[]> {
  return await probeLines("stream=codec_name", path);
}

async function probeLines(entries: string, path: string): Promise<string[]> {
  const { ffprobe } = await findFfmpeg();
  const { stdout } = await new Deno.Command(ffprobe, {
    args: ["-v", "error", "-show_entries", entries, "-of", "csv=p=0", path],
  }).output();
  return new TextDecoder().decode(stdout).trim().split("\n");
}
