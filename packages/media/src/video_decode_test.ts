import assert from "node:assert/strict";
import {
  decodeFrames,
  type DecodeOptions,
  type ProbeProgress,
  probeVideo,
  VideoWriter,
} from "../mod.ts";
import { InputEmptyError, InputIsDirectoryError, InputMissingError } from "../mod.ts";
import { VideoHdrError, VideoNoFramesError, VideoUnreadableError } from "../mod.ts";
import { ffmpeg, inFolder, pattern, tone, X264 } from "./test_clips.ts";

Deno.test("a range gives its frames with their own numbers and times", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern(), ...X264, at("in.mp4"));
    const info = await probeVideo(at("in.mp4"));
    const all: Uint8Array[] = [];
    for await (const frame of decodeFrames(info)) all.push(frame.data);
    const numbers: number[] = [];
    for await (const frame of decodeFrames(info, { start: 7, end: 10 })) {
      numbers.push(frame.index);
      assert.deepEqual(frame.data, all[frame.index]);
      assert.equal(frame.time, frame.index / 25);
    }
    assert.deepEqual(numbers, [7, 8, 9]);
    assert.throws(() => decodeFrames(info, { start: 20, end: 99 }), /frames 20 to 99 asked/);
  }));

Deno.test("a video that changes its size midway gives every frame in one size", () =>
  inFolder(async (at) => {
    for (
      const [name, color, size, start] of [["a", "red", "32x32", 0], ["b", "lime", "64x48", 1]]
    ) {
      const input = ["-f", "lavfi", "-i", `color=${color}:size=${size}:duration=0.12`];
      const clock = ["-output_ts_offset", `${0.12 * Number(start)}`];
      await ffmpeg(...input, ...X264, "-bf", "0", ...clock, at(`${name}.ts`));
    }
    const parts = [await Deno.readFile(at("a.ts")), await Deno.readFile(at("b.ts"))];
    await Deno.writeFile(at("in.ts"), new Blob(parts).stream());
    const info = await probeVideo(at("in.ts"));
    const colors = async (options: DecodeOptions) => {
      const found: string[] = [];
      for await (const { index, data } of decodeFrames(info, options)) {
        assert.equal(data.length, info.width * info.height * 3);
        found.push(`${index} ${(data[0] ?? 0) > (data[1] ?? 0) ? "red" : "lime"}`);
      }
      return found;
    };
    const all = ["0 red", "1 red", "2 red", "3 lime", "4 lime", "5 lime"];
    assert.deepEqual(await colors({}), all);
    assert.deepEqual(await colors({ start: 2, end: 5 }), all.slice(2, 5));
    assert.deepEqual(await colors({ start: 2, end: 5, deinterlace: "on" }), all.slice(2, 5));
  }));

Deno.test("leaving the loop or aborting ends the decoder", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern("640x360", "25", 4), ...X264, at("in.mp4"));
    const info = await probeVideo(at("in.mp4"));
    for await (const frame of decodeFrames(info)) if (frame.index === 2) break;
    const stop = new AbortController();
    await assert.rejects(async () => {
      for await (const frame of decodeFrames(info, { signal: stop.signal })) {
        if (frame.index === 1) stop.abort(new Error("enough"));
      }
    }, /enough/);
  }));

Deno.test("an abort ends the probing with its reason and leaves no process", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern("320x180", "25", 40), ...X264, at("in.mp4"));
    const stop = new AbortController();
    const seen: [number, number | undefined][] = [];
    const onProgress = ({ done, total }: ProbeProgress) => {
      seen.push([done, total]);
      stop.abort(new Error("enough"));
    };
    const probing = probeVideo(at("in.mp4"), { signal: stop.signal, onProgress });
    await assert.rejects(probing, /enough/);
    assert.equal(seen[0]?.[1], 1000);
    assert.ok((seen.at(-1)?.[0] ?? 0) < 1000, `${seen}`);
    await assert.rejects(probeVideo(at("in.mp4"), { signal: stop.signal }), /enough/);
  }));

Deno.test("a long decode keeps memory level", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern("320x180", "25", 48), ...X264, at("in.mp4"));
    const info = await probeVideo(at("in.mp4"));
    // Peaks are compared with peaks, since the collector lets memory rise and fall in between.
    let early = 0;
    let late = 0;
    for await (const { index } of decodeFrames(info)) {
      const now = Deno.memoryUsage().rss;
      if (index < 400) early = Math.max(early, now);
      else if (index >= 800) late = Math.max(late, now);
    }
    // 800 frames of 172,800 bytes would be 138 MB.
    assert.ok(late - early < 35e6, `grew by ${late - early} bytes`);
  }));

Deno.test("interlaced pictures are made whole, one for one", () =>
  inFolder(async (at) => {
    const flags = ["-flags", "+ilme+ildct", "-top", "1", "-c:v", "mpeg2video", "-q:v", "2"];
    await ffmpeg(...pattern(), "-vf", "setfield=tff", ...flags, at("in.mkv"));
    const info = await probeVideo(at("in.mkv"));
    const stream = decodeFrames(info, { deinterlace: "on" });
    let count = 0;
    for await (const _ of stream) count += 1;
    assert.equal(count, info.frames);
    assert.equal(stream.warnings[0]?.code, "VIDEO_DEINTERLACED");
  }));

Deno.test("a cut file gives the frames that are left and a warning", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern("320x240", "25", 2), ...X264, "-movflags", "+faststart", at("in.mp4"));
    const bytes = await Deno.readFile(at("in.mp4"));
    await Deno.writeFile(at("cut.mp4"), bytes.subarray(0, bytes.length * 0.6));
    const info = await probeVideo(at("cut.mp4"));
    const stream = decodeFrames(info);
    let count = 0;
    for await (const _ of stream) count += 1;
    assert.ok(count > 0 && count < 50, `${count} frames`);
    assert.equal(stream.warnings[0]?.code, "VIDEO_DAMAGED");
    assert.match(stream.warnings[0]?.message ?? "", /of 50 frames/);
  }));

const PQ = ["-color_trc", "smpte2084"];
const BT2020 = ["-color_primaries", "bt2020", "-colorspace", "bt2020nc", "-color_range", "tv"];

Deno.test("high dynamic range is refused by name", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern(), ...X264, ...PQ, ...BT2020, at("in.mp4"));
    const info = await probeVideo(at("in.mp4"));
    assert.throws(() => decodeFrames(info), VideoHdrError);
    await assert.rejects(probeVideo(at("in.mp4"), { hdr: "refuse" }), VideoHdrError);
    assert.equal((await probeVideo(at("in.mp4"), { hdr: "tonemap" })).color.transfer, "bt709");
  }));

/** The PQ curve of SMPTE ST 2084, from cd/m² to a code between 0 and 1. */
function pqCode(luminance: number): number {
  const [m1, m2, c1, c2, c3] = [0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875];
  const y = (luminance / 10_000) ** m1;
  return ((c1 + c2 * y) / (1 + c3 * y)) ** m2;
}

/**
 * A grey of so many cd/m² as a level from 0 to 255: Hable's curve with its peak at 1,000 cd/m², then the
 * curve of BT.1886, by which displays show BT.709.
 */
function toneMapped(luminance: number): number {
  const curve = (x: number) =>
    (x * (0.15 * x + 0.05) + 0.004) / (x * (0.15 * x + 0.5) + 0.06) - 0.02 / 0.3;
  return 255 * (curve(luminance / 100) / curve(10)) ** (1 / 2.4);
}

Deno.test("high dynamic range is brought down by Hable's curve, and written as what it is then", () =>
  inFolder(async (at) => {
    const levels = [10, 100, 203, 1000];
    // Limited range of 10 bits: black 64, white 940.
    const code = levels.map((level) => Math.round(64 + 876 * pqCode(level)));
    const steps = code.slice(0, -1).reduceRight(
      (rest, value, index) => `if(lt(X,${16 * (index + 1)}),${value},${rest})`,
      `${code.at(-1)}`,
    );
    const source = [
      "-f",
      "lavfi",
      "-i",
      "color=size=64x32:rate=25:duration=0.2,format=yuv420p10le",
    ];
    const filter = ["-vf", `geq=lum='${steps}':cb=512:cr=512`];
    const coder = ["-c:v", "libx265", "-x265-params", "log-level=error:lossless=1"];
    await ffmpeg(...source, ...filter, ...coder, ...PQ, ...BT2020, at("in.mp4"));
    await ffmpeg(...source, ...filter, ...coder, ...PQ, at("untagged.mp4"));
    const info = await probeVideo(at("in.mp4"), { hdr: "tonemap" });
    const bare = decodeFrames(await probeVideo(at("untagged.mp4"), { hdr: "tonemap" }));
    const writer = await VideoWriter.open(at("out.mp4"), { source: info, width: 64, height: 32 });
    let frames = 0;
    for await (const { data } of decodeFrames(info)) {
      for (const [index, level] of levels.entries()) {
        const pixel = [...data.subarray(3 * (16 * index + 8), 3 * (16 * index + 8) + 3)];
        const expected = toneMapped(level);
        for (const sample of pixel) {
          assert.ok(Math.abs(sample - expected) < 2, `${level}: ${pixel}, not ${expected}`);
        }
      }
      frames++;
      assert.deepEqual((await bare.next()).value?.data, data);
      await writer.write(data);
    }
    await writer.close();
    await bare.return();
    const { color, frames: written } = await probeVideo(at("out.mp4"));
    assert.deepEqual([frames, written], [5, 5]);
    assert.deepEqual([color.transfer, color.primaries, color.space], ["bt709", "bt709", "bt709"]);
  }));

Deno.test("files that are no video get the error of their kind", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern(), ...X264, at("good.mp4"));
    const bytes = await Deno.readFile(at("good.mp4"));
    await Deno.writeFile(at("cut.mp4"), bytes.subarray(0, bytes.length / 2));
    await Deno.writeTextFile(at("text.mp4"), "this is only text, nothing more\n".repeat(50));
    await Deno.writeFile(at("empty.mp4"), new Uint8Array());
    await ffmpeg(...tone(), at("sound.mp4"));
    await ffmpeg(...pattern("32x32"), "-frames:v", "1", at("picture.exr"));
    await assert.rejects(probeVideo(at("cut.mp4")), VideoUnreadableError);
    await assert.rejects(probeVideo(at("text.mp4")), VideoUnreadableError);
    await assert.rejects(probeVideo(at("picture.exr")), VideoUnreadableError);
    await assert.rejects(probeVideo(at("empty.mp4")), InputEmptyError);
    await assert.rejects(probeVideo(at("sound.mp4")), /audio only/);
    await assert.rejects(probeVideo(at("sound.mp4")), VideoNoFramesError);
    await assert.rejects(probeVideo(at("absent.mp4")), InputMissingError);
    await assert.rejects(probeVideo(at(".")), InputIsDirectoryError);
  }));
