import assert from "node:assert/strict";
import { join } from "node:path";
import {
  decodeFrames,
  decodeImage,
  encodeImage,
  type ImagePixels,
  probeVideo,
} from "@vicinity/media";
import sharp from "sharp";
import { ffmpeg, inFolder, namesIn, type Run, withCommand } from "./command_line.ts";

const DEPTH = /warning\[DEPTH\]: (.*)/;

/** Gives a test an upscaler that is bicubic, so that what must come out is known. */
function withBicubic(body: (folder: string, upscale: Run) => Promise<void>): Promise<void> {
  return withCommand("upscale", body, "bicubic");
}

async function pictureAt(path: string) {
  return await decodeImage(await Deno.readFile(path), { colors: "stored" });
}

/** A picture whose samples rise slowly, by fewer than one step of 8 bits a pixel. */
function gradient(channels: 1 | 3 | 4, width: number, height: number): ImagePixels {
  const data = Uint16Array.from(
    { length: width * height * channels },
    (_, at) => 10_000 + 90 * (Math.floor(at / channels) % width) + 3000 * (at % channels),
  );
  return { width, height, channels, depth: 16, data };
}

Deno.test("pictures of 16 bits come out in 16 bits, grey and transparency too", () =>
  withBicubic(async (folder, upscale) => {
    for (const channels of [1, 3, 4] as const) {
      const picture = gradient(channels, 300, 6);
      const file = await encodeImage(picture, { format: "png" });
      await Deno.writeFile(join(folder, `${channels}.png`), file);
    }
    const { data, width, height, channels } = gradient(3, 300, 6);
    const tiff = await sharp(data, { raw: { width, height, channels } }).toColourspace("rgb16")
      .tiff({ compression: "deflate" }).toBuffer();
    await Deno.writeFile(join(folder, "5.tif"), tiff);
    for (const args of [["1.png", "3.png", "4.png", "--compare"], ["5.tif", "--format", "same"]]) {
      const ended = await upscale(args);
      assert.equal(ended.code, 0, ended.stderr);
      assert.doesNotMatch(ended.stderr, DEPTH);
    }
    for (const name of ["1", "3", "4", "5"]) {
      const ending = name === "5" ? "tiff" : "png";
      const image = await pictureAt(join(folder, "out", `${name}.x2.${ending}`));
      const wanted = name === "5" ? 3 : Number(name);
      assert.deepEqual([image.channels, image.depth, image.width], [wanted, 16, 600], name);
      for (let column = 4; column < 596; column++) {
        for (let channel = 0; channel < wanted; channel++) {
          const exact = 10_000 + 90 * ((column + 0.5) / 2 - 0.5) + 3000 * channel;
          const value = image.data[(5 * 600 + column) * wanted + channel] ?? NaN;
          assert(Math.abs(value - exact) <= 2, `${name}, ${column}: ${value} for ${exact}`);
        }
      }
      if (name === "5") continue;
      const both = await pictureAt(join(folder, "out", `${name}.x2.compare.png`));
      assert.deepEqual([both.depth, both.width], [16, 1202]);
      assert.ok(new Set(both.data).size > 600);
    }
  }));

Deno.test("what a format of 8 bits loses is told", () =>
  inFolder(async (folder, upscale) => {
    await Deno.writeFile(
      join(folder, "a.png"),
      await encodeImage(gradient(3, 20, 8), { format: "png" }),
    );
    for (const format of ["jpg", "webp"]) {
      const ended = await upscale(["a.png", "--format", format]);
      assert.equal(ended.code, 0, ended.stderr);
      const told = `16 bits a sample became 8: ${format} has no more`;
      assert.equal(DEPTH.exec(ended.stderr)?.[1], told);
      assert.equal((await pictureAt(join(folder, "out", `a.x2.${format}`))).depth, 8);
    }
  }));

const TAGS = (transfer: string, matrix = "bt2020nc", primaries = "bt2020") => [
  ...["-color_primaries", primaries, "-color_trc", transfer],
  ...["-colorspace", matrix, "-color_range", "tv"],
];

/** Writes a clip that is one colour, given in samples of 10 bits of limited range. */
async function writeFlat(path: string, yuv: readonly number[], args: readonly string[]) {
  const [y, u, v] = yuv;
  const source = "color=gray:size=32x24:rate=25:duration=0.2,format=yuv420p10le";
  const colors = `geq=lum=${y}:cb=${u}:cr=${v}`;
  await ffmpeg(["-f", "lavfi", "-i", `${source},${colors}`, ...args, path]);
}

/** Means of the planes of a video's first frame. */
async function flatColor(path: string): Promise<number[]> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    // deno-fmt-ignore
    args: [
      "-v", "error", "-i", path, "-frames:v", "1", "-pix_fmt", "yuv420p10le", "-f", "rawvideo", "-",
    ],
  }).output();
  const samples = new Uint16Array(stdout.slice().buffer);
  const luma = samples.length * 2 / 3;
  const mean = (part: Uint16Array) => part.reduce((sum, value) => sum + value, 0) / part.length;
  return [[0, luma], [luma, luma * 1.25], [luma * 1.25, luma * 1.5]]
    .map(([start, end]) => mean(samples.subarray(start, end)));
}

const COLORS = [[64, 512, 512], [502, 512, 512], [940, 512, 512], [400, 560, 610], [301, 430, 520]];

for (
  const [transfer, matrix, primaries, ...more] of [
    ["bt709", "bt709", "bt709"],
    ["smpte2084", "bt2020nc", "bt2020", "--hdr", "keep"],
    ["arib-std-b67", "bt2020nc", "bt2020", "--hdr", "keep"],
  ] as const
) {
  Deno.test(`10 bits of ${transfer} keep their colours within one step, and their tags`, () =>
    withBicubic(async (folder, upscale) => {
      const names = COLORS.map((_, index) => `${index}.mkv`);
      for (const [index, name] of names.entries()) {
        const args = ["-c:v", "ffv1", ...TAGS(transfer, matrix, primaries)];
        await writeFlat(join(folder, name), COLORS[index] ?? [], args);
      }
      const ended = await upscale([...names, "--crf", "0", ...more]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.doesNotMatch(ended.stderr, DEPTH);
      for (const [index, name] of names.entries()) {
        const path = join(folder, "out", name.replace(".mkv", ".x2.mkv"));
        const { pixelFormat, color } = await probeVideo(path);
        assert.equal(pixelFormat, "yuv420p10le");
        assert.deepEqual([color.transfer, color.space, color.primaries], [
          transfer,
          matrix,
          primaries,
        ]);
        const found = await flatColor(path);
        for (const [plane, value] of found.entries()) {
          const wanted = COLORS[index]?.[plane] ?? NaN;
          assert(Math.abs(value - wanted) <= 1, `${name}, plane ${plane}: ${value}, not ${wanted}`);
        }
      }
    }));
}

/** A clip that rises from left to right, by one step of 10 bits for each column or two. */
async function writeRamp(path: string, pixelFormat: string, args: readonly string[] = []) {
  const source = "color=gray:size=512x16:rate=25:duration=0.2,format=gray16le,geq=lum='X*128'";
  await ffmpeg([
    ...["-f", "lavfi", "-i", `${source},format=${pixelFormat}`],
    ...["-c:v", "ffv1", ...TAGS("bt709", "bt709", "bt709"), ...args, path],
  ]);
}

async function levelsOf(path: string): Promise<number> {
  for await (const { data } of decodeFrames(await probeVideo(path), { depth: 16 })) {
    return new Set(data.filter((_, at) => at % 3 === 1)).size;
  }
  return 0;
}

Deno.test("a clip of 10 bits has more than 256 levels, also beside bicubic and in parts", () =>
  withBicubic(async (folder, upscale) => {
    await writeRamp(join(folder, "a.mkv"), "yuv420p10le");
    const coding = ["--crf", "1", "--preset", "ultrafast"];
    for (const more of [["-o", "once.mkv", "--compare"], ["-o", "parts.mkv", "--resume"]]) {
      const ended = await upscale(["a.mkv", ...coding, ...more]);
      assert.equal(ended.code, 0, ended.stderr);
    }
    for (const name of ["once.mkv", "parts.mkv", "once.x2.compare.mkv"]) {
      const info = await probeVideo(join(folder, name));
      assert.deepEqual([info.pixelFormat, info.frames], ["yuv420p10le", 5], namesIn(folder).join());
      const levels = await levelsOf(join(folder, name));
      assert.ok(levels > 400, `${name}: ${levels} levels`);
    }
  }));

Deno.test("bits that the result has not are told, and 8 bits stay 8", () =>
  inFolder(async (folder, upscale) => {
    await writeRamp(join(folder, "8.mkv"), "yuv420p");
    await writeRamp(join(folder, "10.mkv"), "yuv420p10le");
    await writeRamp(join(folder, "12.mkv"), "yuv444p12le");
    const quick = ["--preset", "ultrafast"];
    const cases = [
      [[...quick], { "8": "yuv420p", "12": "yuv420p10le" }, "12 bits a sample became 10"],
      [
        [...quick, "--pix-fmt", "same"],
        { "8": "yuv420p", "12": "yuv444p10le" },
        "12 bits a sample became 10",
      ],
      [[...quick, "--pix-fmt", "same", "--codec", "libx265"], { "12": "yuv444p12le" }, undefined],
      [[...quick, "--pix-fmt", "yuv420p"], { "10": "yuv420p" }, "10 bits a sample became 8"],
      [["--codec", "mpeg4"], { "10": "yuv420p" }, "10 bits a sample became 8"],
    ] as const;
    for (const [args, formats, told] of cases) {
      const inputs = Object.keys(formats).map((name) => `${name}.mkv`);
      const ended = await upscale([...inputs, ...args, "--frames", "1", "--overwrite"]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(DEPTH.exec(ended.stderr)?.[1], told, args.join(" "));
      for (const [name, expected] of Object.entries(formats)) {
        const { pixelFormat } = await probeVideo(join(folder, "out", `${name}.x2.mkv`));
        assert.equal(pixelFormat, expected, `${name} with ${args.join(" ")}`);
      }
    }
  }));

Deno.test("a pixel format that the encoder has not is refused before anything is written", () =>
  inFolder(async (folder, upscale) => {
    await writeRamp(join(folder, "a.mkv"), "yuv420p");
    for (
      const [codec, takes] of [["libx264", /yuv420p, /], ["mpeg4", /it takes yuv420p$/m]] as const
    ) {
      for (const more of [[], ["--dry-run"], ["-o", "-"]]) {
        const ended = await upscale(["a.mkv", "--pix-fmt", "yuv411p", "--codec", codec, ...more]);
        const { stderr } = ended;
        assert.equal(ended.code, 2, stderr);
        assert.match(
          stderr,
          /^error\[USAGE\]: --pix-fmt yuv411p: the encoder \S+ has no such format$/m,
        );
        assert.match(stderr, takes);
        assert.deepEqual(namesIn(folder), ["a.mkv"]);
      }
    }
  }));

Deno.test("pictures of 16 bits make a film of 10", () =>
  withBicubic(async (folder, upscale) => {
    await Deno.mkdir(join(folder, "frames"));
    for (const [name, depth] of [["1.png", 16], ["2.png", 16], ["3.png", 8]] as const) {
      const picture = gradient(3, 400, 16);
      const shallow = Uint8Array.from(picture.data, (value) => value >> 8);
      const image = depth === 16 ? picture : { ...picture, depth, data: shallow };
      const file = await encodeImage(image, { format: "png" });
      await Deno.writeFile(join(folder, "frames", name), file);
    }
    const args = ["frames", "--fps", "25", "-o", "film.mp4", "--preset", "ultrafast", "--crf", "1"];
    const ended = await upscale(args);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(DEPTH.exec(ended.stderr)?.[1], "16 bits a sample became 10");
    const { pixelFormat, frames } = await probeVideo(join(folder, "film.mp4"));
    assert.deepEqual([pixelFormat, frames], ["yuv420p10le", 3]);
    assert.ok(await levelsOf(join(folder, "film.mp4")) > 300);
  }));

Deno.test("high dynamic range that is kept comes with its screen, in parts and as a part too", () =>
  withBicubic(async (folder, upscale) => {
    const screen = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)";
    const parameters = `log-level=error:master-display=${screen}:max-cll=1000,400`;
    const args = ["-c:v", "libx265", "-x265-params", parameters, ...TAGS("smpte2084")];
    await writeFlat(join(folder, "a.mp4"), [502, 512, 512], args);
    const source = await probeVideo(join(folder, "a.mp4"), { hdr: "keep" });
    const keep = ["a.mp4", "--hdr", "keep", "--preset", "ultrafast"];
    const cases = [["-o", "once.mp4"], ["-o", "parts.mkv", "--resume"], [
      ...["-o", "part.mp4", "--start", "2f", "--codec", "libx265"],
    ]];
    for (const more of cases) {
      const ended = await upscale([...keep, ...more]);
      assert.equal(ended.code, 0, ended.stderr);
      const info = await probeVideo(join(folder, more[1] ?? ""), { hdr: "keep" });
      assert.deepEqual(info.hdrMetadata, source.hdrMetadata, more.join(" "));
      assert.equal(info.color.transfer, "smpte2084");
    }
    const toned = await upscale(["a.mp4", "--hdr", "tonemap", "-o", "toned.mp4"]);
    assert.equal(toned.code, 0, toned.stderr);
    assert.doesNotMatch(toned.stderr, DEPTH);
    assert.equal((await probeVideo(join(folder, "toned.mp4"))).pixelFormat, "yuv420p");
    const refused = await upscale(["a.mp4", "-o", "no.mp4"]);
    assert.equal(refused.code, 4, refused.stderr);
    assert.match(refused.stderr, /error\[VIDEO_HDR\].*\n.*\n.*--hdr tonemap/);
  }));
