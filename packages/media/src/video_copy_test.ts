import assert from "node:assert/strict";
import { decodeFrames, probeVideo, type VideoInfo, VideoWriter } from "../mod.ts";
import { ffmpeg, ffprobe, inFolder, IRREGULAR, packetSums, pattern } from "./test_clips.ts";
import { tone, X264 } from "./test_clips.ts";

const ODD_SIZE = ["-vf", "format=yuv444p,crop=95:63"];

interface CopyCase {
  name: string;
  input: string;
  output?: string;
  make: (path: string, at: (name: string) => string) => Promise<void>;
  check?: (source: VideoInfo, result: VideoInfo) => void;
}

const SUBTITLES = "1\n00:00:00,100 --> 00:00:00,700\nHello\n";
const CHAPTERS = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n" +
  "[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n";

async function turned(path: string, at: (name: string) => string, degrees: number): Promise<void> {
  await ffmpeg(...pattern(), ...tone(), ...X264, at("plain.mp4"));
  await ffmpeg("-i", at("plain.mp4"), "-c", "copy", "-metadata:s:v", `rotate=${degrees}`, path);
}

const CASES: CopyCase[] = [
  {
    name: "constant rate with sound",
    input: "in.mp4",
    make: (path) => ffmpeg(...pattern(), ...tone(), ...X264, path),
    check: (source) => assert.deepEqual(source.constantRate, { num: 25, den: 1 }),
  },
  {
    name: "a rate of 30000/1001",
    input: "in.mp4",
    make: (path) => ffmpeg(...pattern("96x64", "30000/1001", 2), ...tone(2), ...X264, path),
    check: (_, result) => assert.deepEqual(result.constantRate, { num: 30000, den: 1001 }),
  },
  {
    name: "variable rate",
    input: "in.mp4",
    make: (path) => ffmpeg(...pattern("96x64", "25", 2), ...tone(2), ...IRREGULAR, ...X264, path),
    check: (source) => assert.equal(source.constantRate, null),
  },
  ...[90, 180, 270].map((degrees): CopyCase => ({
    name: `a turn of ${degrees} degrees`,
    input: "in.mp4",
    make: (path, at) => turned(path, at, degrees),
    check: (source, result) => {
      assert.equal(result.rotation, 0);
      const upright = degrees === 180 ? [96, 64] : [64, 96];
      assert.deepEqual([source.width, source.height], upright);
      assert.deepEqual([result.width, result.height], upright);
    },
  })),
  {
    name: "sound that starts late",
    input: "in.mp4",
    make: (path) => ffmpeg(...pattern(), "-itsoffset", "0.477", ...tone(), ...X264, path),
    check: (source, result) => {
      assert.ok((source.audio[0]?.startTime ?? 0) > 0.4);
      assert.equal(result.audio[0]?.startTime, source.audio[0]?.startTime);
    },
  },
  {
    name: "pictures that start late",
    input: "in.mp4",
    make: (path) =>
      ffmpeg(
        "-itsoffset",
        "0.543",
        ...pattern(),
        ...tone(2),
        "-vsync",
        "passthrough",
        ...X264,
        path,
      ),
    check: (source) => assert.ok(source.startTimes.video > 0.5),
  },
  {
    name: "odd sizes",
    input: "in.mkv",
    make: (path) => ffmpeg(...pattern(), ...tone(), ...ODD_SIZE, "-c:v", "ffv1", path),
    check: (_, result) => assert.deepEqual([result.width, result.height], [96, 64]),
  },
  {
    name: "Matroska with subtitles, chapters and irregular times",
    input: "in.mkv",
    make: async (path, at) => {
      await Deno.writeTextFile(at("s.srt"), SUBTITLES);
      await Deno.writeTextFile(at("c.txt"), CHAPTERS);
      const inputs = [...pattern(), ...tone(), "-i", at("s.srt"), "-i", at("c.txt")];
      const maps = ["-map", "0", "-map", "1", "-map", "2", "-map_chapters", "3"];
      await ffmpeg(
        ...inputs,
        ...maps,
        ...IRREGULAR,
        ...X264,
        "-c:a",
        "libopus",
        "-c:s",
        "srt",
        path,
      );
    },
    check: (source, result) => {
      assert.deepEqual(result.chapters, source.chapters);
      assert.equal(result.chapters.length, 2);
      assert.deepEqual(result.subtitles.map(({ codec }) => codec), ["subrip"]);
    },
  },
  {
    name: "WebM",
    input: "in.webm",
    make: (path) =>
      ffmpeg(...pattern(), ...tone(), "-c:v", "libvpx", "-b:v", "1M", "-c:a", "libopus", path),
  },
  {
    name: "AVI made into MP4",
    input: "in.avi",
    output: "out.mp4",
    make: (path) => ffmpeg(...pattern(), ...tone(), "-c:v", "mpeg4", "-c:a", "mp3", path),
  },
  {
    name: "GIF made into MP4",
    input: "in.gif",
    output: "out.mp4",
    make: (path) => ffmpeg(...pattern("96x64", "10"), path),
  },
  {
    name: "pixels that are not square",
    input: "in.mp4",
    make: (path) => ffmpeg(...pattern(), "-vf", "setsar=4/3", ...X264, path),
    check: (_, result) => assert.deepEqual(result.sampleAspectRatio, { num: 4, den: 3 }),
  },
];

Deno.test("a broadcast clock is moved to zero, pictures and sound together", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern(), ...tone(), ...X264, "-c:a", "aac", at("in.ts"));
    const source = await probeVideo(at("in.ts"));
    const writer = await VideoWriter.open(at("out.mp4"), { source, width: 96, height: 64 });
    for await (const frame of decodeFrames(source)) await writer.write(frame.data);
    await writer.close();
    const result = await probeVideo(at("out.mp4"));
    const lead = (info: VideoInfo) => info.startTimes.video - (info.audio[0]?.startTime ?? NaN);
    assert.ok(source.startTimes.format > 1 && result.startTimes.format === 0);
    assert.equal(result.frames, source.frames);
    assert.ok(Math.abs(lead(result) - lead(source)) < 1e-4, `${lead(result)} s`);
  }));

Deno.test("sound that is converted is timed by its own clock, not by the pictures'", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern("32x32"), ...tone(), ...X264, "-c:a", "aac", at("in.mp4"));
    const source = await probeVideo(at("in.mp4"));
    const options = { source, width: 32, height: 32, preset: "ultrafast", audio: "aac" } as const;
    const writer = await VideoWriter.open(at("out.mp4"), options);
    for await (const frame of decodeFrames(source)) await writer.write(frame.data);
    await writer.close();
    const lines = await ffprobe(
      "-select_streams",
      "a",
      "-show_entries",
      "packet=pts",
      at("out.mp4"),
    );
    const stamps = lines.map((line) => Number.parseInt(line));
    assert.ok(stamps.length > 40);
    for (const [index, stamp] of stamps.entries()) assert.equal(stamp, 1024 * (index - 1));
  }));

for (const { name, input, output = `out.${input.split(".")[1]}`, make, check } of CASES) {
  Deno.test(`frames, times, length and sound survive: ${name}`, () =>
    inFolder(async (at) => {
      await make(at(input), at);
      const source = await probeVideo(at(input));
      const { width, height } = source;
      const speed = output.endsWith("webm") ? "8" : "ultrafast";
      const writer = await VideoWriter.open(at(output), { source, width, height, preset: speed });
      const frames = decodeFrames(source);
      for await (const frame of frames) await writer.write(frame.data);
      await writer.close();
      assert.deepEqual(frames.warnings, []);
      const result = await probeVideo(at(output));
      assert.equal(result.frames, source.frames);
      // Matroska rounds to a millisecond; MP4 keeps the source's own ticks.
      const furthest = Math.max(
        ...result.times.map((t, i) => Math.abs(t - (source.times[i] ?? 0))),
      );
      assert.ok(furthest < 1e-9, `a frame moved by ${furthest} s`);
      // MP4 files of ffmpeg round start and length of a stream up to a millisecond each.
      assert.ok(Math.abs(result.duration - source.duration) < 0.002, `${result.duration} s`);
      if (source.audio.length > 0) {
        assert.equal(await packetSums(at(output), "a"), await packetSums(at(input), "a"));
      }
      check?.(source, result);
      const lines = await ffprobe(
        "-select_streams",
        "v:0",
        "-count_frames",
        "-show_entries",
        "stream=nb_read_frames",
        at(output),
      );
      assert.equal(Number.parseInt(lines[0] ?? ""), source.frames);
    }));
}
