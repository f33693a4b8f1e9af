import assert from "node:assert/strict";
import { decodeFrames, probeVideo, VideoWriter } from "../mod.ts";
import { FfmpegError, VideoNoFramesError, VideoOptionsError } from "../mod.ts";
import { ffmpeg, inFolder, neighbours, pattern, X264 } from "./test_clips.ts";

const RATE = { num: 25, den: 1 };

function flat(width: number, height: number, rgb: [number, number, number]): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, index) => rgb[index % 3] ?? 0);
}

async function firstPixels(path: string): Promise<Uint8Array> {
  for await (const frame of decodeFrames(await probeVideo(path))) return frame.data;
  throw new Error("no frame");
}

for (const tags of [["bt709", "tv"], ["smpte170m", "tv"], ["bt709", "pc"]] as const) {
  Deno.test(`colours come back through ${tags.join(" ")}, tagged like the source`, () =>
    inFolder(async (at) => {
      const [matrix, range] = tags;
      const convert = `scale=out_color_matrix=${matrix}:out_range=${range},format=yuv420p`;
      const flags = ["-colorspace", matrix, "-color_range", range, "-color_primaries", "bt709"];
      await ffmpeg(...pattern(), "-vf", convert, ...flags, ...X264, at("in.mp4"));
      const source = await probeVideo(at("in.mp4"));
      const writer = await VideoWriter.open(at("out.mp4"), {
        source,
        width: 64,
        height: 64,
        crf: 4,
      });
      for (let index = 0; index < source.frames; index++) {
        await writer.write(flat(64, 64, [200, 60, 30]));
      }
      await writer.close();
      const result = await probeVideo(at("out.mp4"));
      assert.deepEqual(
        [result.color.space, result.color.range, result.color.primaries],
        [matrix, range, "bt709"],
      );
      const pixels = await firstPixels(at("out.mp4"));
      [200, 60, 30].forEach((value, channel) => {
        assert.ok(Math.abs((pixels[channel] ?? 0) - value) <= 2, `${pixels.subarray(0, 3)}`);
      });
    }));
}

for (const [probed, option] of [["bt470bg", "gamma28"], ["bt470m", "gamma22"]] as const) {
  Deno.test(`the transfer curve of old television survives: ${probed}`, () =>
    inFolder(async (at) => {
      await ffmpeg(...pattern("32x32", "25", 0.08), "-color_trc", option, ...X264, at("in.mkv"));
      const source = await probeVideo(at("in.mkv"));
      assert.equal(source.color.transfer, probed);
      const size = { width: 32, height: 32, preset: "ultrafast" };
      const writer = await VideoWriter.open(at("out.mkv"), { source, ...size });
      for await (const frame of decodeFrames(source)) await writer.write(frame.data);
      await writer.close();
      assert.equal((await probeVideo(at("out.mkv"))).color.transfer, probed);
    }));
}

Deno.test("colour tags that encoders do not know are left out", () =>
  inFolder(async (at) => {
    await ffmpeg(...pattern("32x32", "25", 0.08), ...X264, at("in.mkv"));
    const source = await probeVideo(at("in.mkv"));
    const color = { ...source.color, transfer: "reserved", primaries: "reserved", space: "gbr" };
    const size = { width: 32, height: 32, preset: "ultrafast" };
    const writer = await VideoWriter.open(at("out.mkv"), { source: { ...source, color }, ...size });
    for await (const frame of decodeFrames(source)) await writer.write(frame.data);
    await writer.close();
    const result = await probeVideo(at("out.mkv"));
    assert.deepEqual([result.color.transfer, result.color.primaries], ["", ""]);
  }));

Deno.test("lossless video returns every byte that was written", () =>
  inFolder(async (at) => {
    const options = { width: 33, height: 17, rate: RATE, codec: "ffv1", pixelFormat: "gbrp" };
    const writer = await VideoWriter.open(at("out.mkv"), options);
    const frames = [0, 1, 2].map((seed) =>
      Uint8Array.from({ length: 33 * 17 * 3 }, (_, index) => (index * 7 + seed * 31) % 251)
    );
    for (const frame of frames) await writer.write(frame);
    await writer.close();
    let index = 0;
    for await (const { data } of decodeFrames(await probeVideo(at("out.mkv")))) {
      assert.deepEqual(data, frames[index++]);
    }
    assert.equal(index, 3);
  }));

Deno.test("the shape of pixels is the source's unless it is given, exact in both cases", () =>
  inFolder(async (at) => {
    const flags = ["-frames:v", "1", "-vf", "setsar=1001/720:max=9999"];
    await ffmpeg(...pattern("32x32"), ...flags, ...X264, at("in.mp4"));
    const source = await probeVideo(at("in.mp4"));
    for (const given of [undefined, { num: 4004, den: 3645 }]) {
      const shape = given === undefined ? {} : { sampleAspectRatio: given };
      const options = { source, width: 32, height: 32, ...shape };
      const writer = await VideoWriter.open(at("out.mp4"), options);
      await writer.write(flat(32, 32, [9, 9, 9]));
      await writer.close();
      const { sampleAspectRatio } = await probeVideo(at("out.mp4"));
      assert.deepEqual(sampleAspectRatio, given ?? { num: 1001, den: 720 });
    }
  }));

Deno.test("odd sizes grow by repeated edges and the writer says so", () =>
  inFolder(async (at) => {
    const writer = await VideoWriter.open(at("out.mp4"), { width: 35, height: 33, rate: RATE });
    await writer.write(flat(35, 33, [120, 120, 120]));
    await writer.close();
    assert.deepEqual(writer.notes.map(({ code }) => code), ["PADDED_TO_EVEN"]);
    const { width, height } = await probeVideo(at("out.mp4"));
    assert.deepEqual([width, height], [36, 34]);
    const pixels = await firstPixels(at("out.mp4"));
    assert.ok(pixels.every((value) => Math.abs(value - 120) < 4));
  }));

Deno.test("the file has its name only when it is complete", () =>
  inFolder(async (at) => {
    const writer = await VideoWriter.open(at("out.mp4"), { width: 32, height: 32, rate: RATE });
    await writer.write(flat(32, 32, [9, 9, 9]));
    assert.ok(!neighbours(at("x")).includes("out.mp4"));
    await writer.close();
    assert.deepEqual(neighbours(at("x")), ["out.mp4"]);
  }));

Deno.test("an abort leaves no file, whether by method or by signal", () =>
  inFolder(async (at) => {
    const size = { width: 320, height: 240, rate: RATE };
    const writer = await VideoWriter.open(at("a.mp4"), size);
    await writer.write(flat(320, 240, [1, 2, 3]));
    await writer.abort();
    assert.deepEqual(neighbours(at("x")), []);
    await assert.rejects(writer.write(flat(320, 240, [1, 2, 3])), VideoOptionsError);
    const stop = new AbortController();
    await using other = await VideoWriter.open(at("b.mp4"), { ...size, signal: stop.signal });
    stop.abort(new Error("enough"));
    await assert.rejects(other.write(flat(320, 240, [1, 2, 3])), /enough/);
    await other.abort();
    assert.deepEqual(neighbours(at("x")), []);
  }));

Deno.test("a dead encoder is reported with its last lines and leaves nothing", () =>
  inFolder(async (at) => {
    const options = { width: 64, height: 64, rate: RATE, encoderArgs: ["-no_such_option", "1"] };
    const error = await (async () => {
      const writer = await VideoWriter.open(at("out.mp4"), options);
      for (let index = 0; index < 100; index++) await writer.write(flat(64, 64, [0, 0, 0]));
      await writer.close();
    })().catch((reason: unknown) => reason);
    assert.ok(error instanceof FfmpegError, `${error}`);
    assert.ok(error.exitCode !== 0 && error.stderr.join().includes("no_such_option"));
    assert.deepEqual(neighbours(at("x")), []);
  }));

Deno.test("a writer refuses frames of a wrong size, unknown extensions and an empty video", () =>
  inFolder(async (at) => {
    const size = { width: 8, height: 8, rate: RATE };
    const writer = await VideoWriter.open(at("out.mp4"), size);
    await assert.rejects(writer.write(new Uint8Array(5)), /5 bytes, not 192/);
    await assert.rejects(writer.close(), VideoNoFramesError);
    await assert.rejects(VideoWriter.open(at("out.txt"), size), /\.mp4, \.m4v/);
    await assert.rejects(VideoWriter.open(at("o.mp4"), { width: 8, height: 8 }), VideoOptionsError);
    assert.deepEqual(neighbours(at("x")), []);
  }));
