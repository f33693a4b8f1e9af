import assert from "node:assert/strict";
import {
  type EncoderOptions,
  joinParts,
  partContainer,
  partOptions,
  probeVideo,
  VideoWriter,
} from "../mod.ts";
import { containerOf } from "./video_streams.ts";
import { ffmpeg, ffprobe, inFolder, IRREGULAR, pattern, tone, X264 } from "./test_clips.ts";

interface JoinCase {
  name: string;
  input: string;
  output: string;
  make: (path: string, at: (name: string) => string) => Promise<void>;
  options?: Partial<EncoderOptions>;
}

const SIZE = { width: 64, height: 48 };
/** Frames of the first part; the second has the rest. */
const FIRST = 13;
const SUBTITLES = "1\n00:00:00,100 --> 00:00:00,700\nHello\n";
const CHAPTERS = ";FFMETADATA1\ntitle=Whole\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\n" +
  "title=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n";

/** Pictures, late sound, subtitles, chapters and a title. */
async function full(path: string, at: (name: string) => string, more: string[]): Promise<void> {
  await Deno.writeTextFile(at("s.srt"), SUBTITLES);
  await Deno.writeTextFile(at("c.txt"), CHAPTERS);
  const inputs = ["-itsoffset", "0.477", ...tone(), "-i", at("s.srt"), "-i", at("c.txt")];
  const maps = ["-map", "0", "-map", "1", "-map", "2", "-map_chapters", "3", "-map_metadata", "3"];
  await ffmpeg(...pattern("32x24"), ...inputs, ...maps, ...more, path);
}

const CASES: JoinCase[] = [
  {
    name: "MP4 of a constant rate with everything",
    input: "in.mp4",
    output: "out.mp4",
    make: (path, at) => full(path, at, [...X264, "-c:s", "mov_text"]),
    options: { encoderArgs: ["-metadata", "comment=kept", "-tune", "animation"] },
  },
  {
    name: "MP4 of a variable rate",
    input: "in.mp4",
    output: "out.mp4",
    make: (path) => ffmpeg(...pattern("32x24"), ...tone(), ...IRREGULAR, ...X264, path),
    options: { audio: "aac", encoderArgs: ["-dn", "-af", "volume=0.1", "-ab", "48k"] },
  },
  {
    name: "Matroska of a variable rate with everything",
    input: "in.mkv",
    output: "out.mkv",
    make: (path, at) => full(path, at, [...IRREGULAR, ...X264, "-c:a", "libopus", "-c:s", "srt"]),
  },
  {
    name: "a broadcast with two sounds, whose clock starts anywhere",
    input: "in.ts",
    output: "out.mkv",
    make: (path) => {
      const maps = ["-map", "0", "-map", "1", "-map", "2", "-c:a", "aac"];
      return ffmpeg(...pattern("32x24"), ...tone(), ...tone(), ...X264, ...maps, path);
    },
  },
  {
    name: "WebM",
    input: "in.webm",
    output: "out.webm",
    make: (path) =>
      ffmpeg(...pattern("32x24"), ...tone(), "-c:v", "libvpx", "-c:a", "libopus", path),
    options: { preset: "8" },
  },
  {
    name: "30000/1001 in a lossless coding that MP4 does not know",
    input: "in.mkv",
    output: "out.mkv",
    make: (path) => ffmpeg(...pattern("32x24", "30000/1001"), ...X264, path),
    options: { codec: "ffv1" },
  },
];

for (const { name, input, output, make, options } of CASES) {
  Deno.test(`joined parts are what is written in one piece: ${name}`, () =>
    inFolder(async (at) => {
      await make(at(input), at);
      const source = await probeVideo(at(input));
      const settings = {
        ...SIZE,
        ...(options?.codec === undefined ? { preset: "ultrafast" } : {}),
        ...options,
      };
      const container = containerOf(output);
      const ending = partContainer(container, options?.codec);
      const parts = [[0, FIRST], [FIRST, source.frames]].map(([start = 0, end = 0]) => ({
        path: at(`it's ${start}.${ending}`),
        frames: end - start,
        range: { start, end },
      }));
      await Promise.all([
        write(at(output), [0, source.frames], { source, ...settings }),
        ...parts.map(({ path, range }) => {
          const part = partOptions({ source }, { ...range, container, codec: options?.codec });
          return write(path, [range.start, range.end], { ...settings, ...part });
        }),
      ]);
      const joined = `joined.${output}`;
      const again = `again.${output}`;
      await Promise.all(
        [joined, again].map((it) =>
          joinParts(at(it), { source, parts, height: SIZE.height, ...options })
        ),
      );
      const bytes = await Promise.all([joined, again].map((it) => Deno.readFile(at(it))));
      assert.deepEqual(bytes[1], bytes[0]);
      const [before, after] = await Promise.all([output, joined].map((it) => lookAt(at(it))));
      assert.deepEqual(after?.stamps, before?.stamps);
      assert.equal(after?.stamps.length, source.frames);
      assert.deepEqual(after?.facts, before?.facts);
    }));
}

for (const output of ["out.mp4", "out.mkv", "out.webm"]) {
  Deno.test(`joined parts of pictures at a rate are what is written in one piece: ${output}`, () =>
    inFolder(async (at) => {
      const whole = { rate: { num: 30000, den: 1001 } };
      const container = containerOf(output);
      const fast = output.endsWith("webm") ? {} : { preset: "ultrafast" };
      const parts = [];
      for (const [start = 0, end = 0] of [[0, FIRST], [FIRST, 20]]) {
        const path = at(`${start}.${partContainer(container)}`);
        const part = partOptions(whole, { start, end, container });
        await write(path, [start, end], { ...SIZE, ...fast, ...part });
        parts.push({ path, frames: end - start });
      }
      await write(at(output), [0, 20], { ...SIZE, ...fast, ...whole });
      await joinParts(at(`joined.${output}`), { ...whole, parts, height: SIZE.height });
      const [before, after] = await Promise.all(
        [output, `joined.${output}`].map((it) => lookAt(at(it))),
      );
      assert.deepEqual(after, before);
      assert.equal(after?.stamps.length, 20);
    }));
}

type Settings = Parameters<typeof VideoWriter.open>[1];

/** Writes frames that tell their numbers, without a decoder. */
async function write(
  path: string,
  [start, end]: readonly [number, number],
  options: Settings,
): Promise<void> {
  await using writer = await VideoWriter.open(path, options);
  for (let index = start; index < end; index++) {
    const grey = (at: number) => 40 + ((index * 7 + at) % 160);
    await writer.write(
      Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, at) => grey(at)),
    );
  }
  await writer.close();
}

/** Times of the frames, and what a file says of itself but sizes, nominal rates and its program. */
async function lookAt(path: string): Promise<{ stamps: number[]; facts: string[] }> {
  const lines = await ffprobe(
    "-show_packets",
    "-show_streams",
    "-show_format",
    "-show_chapters",
    "-of",
    "compact",
    path,
  );
  const stamps: number[] = [];
  const facts: string[] = [];
  for (const line of lines) {
    if (!line.startsWith("packet|")) {
      facts.push(
        line.replaceAll(
          /\|?(filename|size|bit_rate|max_bit_rate|\w+_frame_rate|tag:encoder(?==Lavf))=[^|]*/gi,
          "",
        ),
      );
    } else if (line.includes("|stream_index=0|")) {
      stamps.push(Number(/\|pts=(-?\d+)/.exec(line)?.[1]));
    } else facts.push(line.replace(/\|pos=\d+/, ""));
  }
  return { stamps: stamps.sort((one, other) => one - other), facts };
}
