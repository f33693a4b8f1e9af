import assert from "node:assert/strict";
import { decodeFrames, probeVideo, sampleDepth, VideoHdrError, VideoWriter } from "../mod.ts";
import { nearest, nearestPixelFormat } from "./encoder_formats.ts";
import { readHdrMetadata } from "./hdr_metadata.ts";
import { ffmpeg, ffprobe, inFolder } from "./test_clips.ts";

const SIZE = { width: 64, height: 32 };
/** Columns of one colour; those in their middles know nothing of their neighbours. */
const PATCH = 8;

type Rgb = readonly [number, number, number];

const COLORS: readonly Rgb[] = [
  [0, 0, 0],
  [1, 1, 1],
  [0.5, 0.5, 0.5],
  [0.2503, 0.2503, 0.2503],
  [0.9, 0.1, 0.2],
  [0.1, 0.8, 0.3],
  [0.2, 0.3, 0.95],
  [0.7, 0.6, 0.1],
];

/** Weights of red and blue in the brightness of a matrix. */
const WEIGHTS = {
  bt709: [0.2126, 0.0722],
  bt2020nc: [0.2627, 0.0593],
  smpte170m: [0.299, 0.114],
} as const;

/** The samples that a colour has in a matrix. */
function toYuv([r, g, b]: Rgb, matrix: keyof typeof WEIGHTS, bits: number): number[] {
  const [red, blue] = WEIGHTS[matrix];
  const luma = red * r + (1 - red - blue) * g + blue * b;
  const step = 2 ** (bits - 8);
  const chroma = (value: number, weight: number) =>
    step * (128 + 224 * (value - luma) / (2 * (1 - weight)));
  return [step * (16 + 219 * luma), chroma(b, blue), chroma(r, red)];
}

/** Raw planes of columns of {@link COLORS}. */
function yuvColumns(matrix: keyof typeof WEIGHTS, bits: number): Uint8Array {
  const planes = [0, 1, 2].flatMap((plane) =>
    Array.from({ length: SIZE.height * SIZE.width / (plane === 0 ? 1 : 4) }, (_, at) => {
      const [width, patch] = plane === 0 ? [SIZE.width, PATCH] : [SIZE.width / 2, PATCH / 2];
      const color = COLORS[Math.floor(at % width / patch)] ?? [0, 0, 0];
      return Math.round(toYuv(color, matrix, bits)[plane] ?? 0);
    })
  );
  return new Uint8Array(Uint16Array.from(planes).buffer);
}

const tagsOf = (primaries: string, transfer: string, matrix: string) => [
  ...["-color_primaries", primaries, "-color_trc", transfer],
  ...["-colorspace", matrix, "-color_range", "tv"],
];

/** The largest distance of a frame from {@link COLORS}, where 1 is the way from black to white. */
function distance(samples: Uint16Array): number {
  const row = SIZE.height / 2 * SIZE.width;
  return Math.max(...COLORS.flatMap((color, index) =>
    color.map((value, channel) => {
      const at = (row + index * PATCH + PATCH / 2) * 3 + channel;
      return Math.abs((samples[at] ?? NaN) / 65535 - value);
    })
  ));
}

async function firstFrame(path: string): Promise<Uint16Array> {
  const info = await probeVideo(path, { hdr: "keep" });
  for await (const { data } of decodeFrames(info, { depth: 16, hdr: "keep" })) return data;
  throw new Error("no frame");
}

const CASES = [
  ["bt709", 10, "bt709", "bt709"],
  ["smpte170m", 10, "smpte170m", "smpte170m"],
  ["bt2020nc", 12, "bt2020", "bt2020-12"],
  ["bt2020nc", 10, "bt2020", "smpte2084"],
] as const;

for (const [matrix, bits, primaries, transfer] of CASES) {
  Deno.test(`${bits} bits of ${matrix}, ${transfer}, come in and go out within one step`, () =>
    inFolder(async (at) => {
      const pixelFormat = `yuv420p${bits}le`;
      await Deno.writeFile(at("in.yuv"), yuvColumns(matrix, bits));
      // deno-fmt-ignore
      await ffmpeg(
        "-f", "rawvideo", "-pix_fmt", pixelFormat, "-s", `${SIZE.width}x${SIZE.height}`,
        "-i", at("in.yuv"), ...tagsOf(primaries, transfer, matrix), "-c:v", "ffv1", at("in.mkv"),
      );
      const step = 1 / (219 * 2 ** (bits - 8));
      const frame = await firstFrame(at("in.mkv"));
      // Colours cost more than greys: chroma has its own steps, and blue weighs it most.
      assert(distance(frame) < 1.2 * step, `${distance(frame) / step} steps after decoding`);
      const source = await probeVideo(at("in.mkv"), { hdr: "keep" });
      assert.equal(source.bitDepth, bits);
      const options = { source, ...SIZE, depth: 16, pixelFormat, codec: "ffv1" } as const;
      const writer = await VideoWriter.open(at("out.mkv"), options);
      await writer.write(frame);
      await writer.close();
      const [before, after] = await Promise.all([rawFrame(at("in.mkv")), rawFrame(at("out.mkv"))]);
      for (const [place, value] of after.slice(0, SIZE.width * SIZE.height).entries()) {
        if (place % PATCH !== PATCH / 2) continue;
        assert(Math.abs(value - (before[place] ?? NaN)) <= 1, `luma ${place}: ${value}`);
      }
      const tags = "pix_fmt,color_range,color_space,color_primaries,color_transfer";
      const [found] = await ffprobe("-show_entries", `stream=${tags}`, at("out.mkv"));
      assert.deepEqual(
        found?.split(",").sort(),
        [pixelFormat, "tv", matrix, primaries, transfer].sort(),
      );
    }));
}

async function rawFrame(path: string): Promise<Uint16Array> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-i", path, "-f", "rawvideo", "-"],
  }).output();
  return new Uint16Array(stdout.slice().buffer);
}

Deno.test("full range, grey and RGB of more than 8 bits keep black, white and the steps between", () =>
  inFolder(async (at) => {
    const ramp = Uint16Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, index) => {
      const column = Math.floor(index / 3) % SIZE.width;
      return Math.round(column * 65535 / (SIZE.width - 1));
    });
    for (const pixelFormat of ["gbrp10le", "gbrp16le", "gray10le", "yuv444p10le"]) {
      const rate = { num: 25, den: 1 };
      const options = { ...SIZE, rate, depth: 16, pixelFormat, codec: "ffv1" } as const;
      const writer = await VideoWriter.open(at("out.mkv"), options);
      await writer.write(ramp);
      await writer.close();
      const step = 65535 / (2 ** sampleDepth(pixelFormat) - 1) /
        (pixelFormat[0] === "g" ? 1 : 0.85);
      const back = await firstFrame(at("out.mkv"));
      const worst = Math.max(...back.map((value, index) => Math.abs(value - (ramp[index] ?? NaN))));
      assert(worst <= 0.6 * step + 1, `${pixelFormat}: off by ${worst / step} steps`);
    }
  }));

Deno.test("screen and light levels of high dynamic range are written again", () =>
  inFolder(async (at) => {
    const screen = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)";
    // deno-fmt-ignore
    await ffmpeg(
      "-f", "lavfi", "-i", "color=gray:size=64x32:rate=25:duration=0.2",
      ...tagsOf("bt2020", "smpte2084", "bt2020nc"), "-pix_fmt", "yuv420p10le", "-c:v", "libx265",
      "-x265-params", `log-level=error:master-display=${screen}:max-cll=1000,400`, at("in.mp4"),
    );
    const notKept = await probeVideo(at("in.mp4"));
    assert.equal(notKept.hdrMetadata, null);
    assert.throws(() => decodeFrames(notKept), VideoHdrError);
    const source = await probeVideo(at("in.mp4"), { hdr: "keep" });
    const expected = {
      screen: {
        red: { x: 0.68, y: 0.32 },
        green: { x: 0.265, y: 0.69 },
        blue: { x: 0.15, y: 0.06 },
        white: { x: 0.3127, y: 0.329 },
        darkest: 0.005,
        brightest: 1000,
      },
      light: { pixel: 1000, frame: 400 },
      dynamic: [],
    };
    assert.deepEqual(source.hdrMetadata, expected);
    for (const [codec, name] of [["libx265", "a.mp4"], ["libx264", "b.mp4"], ["ffv1", "c.mkv"]]) {
      const pixelFormat = "yuv420p10le";
      const options = { source, ...SIZE, depth: 16, pixelFormat, codec: codec ?? "" } as const;
      const writer = await VideoWriter.open(at(name ?? ""), options);
      const frames = decodeFrames(source, { depth: 16, hdr: "keep" });
      for await (const { data } of frames) await writer.write(data);
      await writer.close();
      const { hdrMetadata, color } = await probeVideo(at(name ?? ""), { hdr: "keep" });
      assert.deepEqual(hdrMetadata, expected, codec);
      assert.deepEqual([color.space, color.transfer], ["bt2020nc", "smpte2084"]);
    }
  }));

Deno.test("metadata that change along a video are named, and half a screen is none", () => {
  const sides = [
    { side_data_type: "HDR Dynamic Metadata SMPTE2094-40 (HDR10+)" },
    { side_data_type: "Dolby Vision RPU Data" },
    { side_data_type: "Mastering display metadata", max_luminance: "10000000/10000" },
    { side_data_type: "Content light level metadata", max_content: 600, max_average: 0 },
  ];
  const dynamic = ["HDR10+", "Dolby Vision"];
  assert.deepEqual(readHdrMetadata(sides), {
    screen: null,
    light: { pixel: 600, frame: 0 },
    dynamic,
  });
});

Deno.test("the nearest pixel format keeps layout first, then bits", async () => {
  const formats = ["yuv420p", "yuv422p", "yuv420p10le", "yuv444p10le", "yuv420p12le"];
  const cases = {
    "yuv420p": "yuv420p",
    "yuv420p9le": "yuv420p10le",
    "yuv420p16le": "yuv420p12le",
    "p010le": "yuv420p10le",
    "yuv422p10le": "yuv422p",
    "gbrp10le": "yuv444p10le",
  };
  for (const [wanted, expected] of Object.entries(cases)) {
    assert.equal(nearest(formats, wanted), expected, wanted);
  }
  assert.equal(nearest([], "yuv420p10le"), "yuv420p10le");
  assert.equal(nearest(["yuv422p10le"], "yuv420p10le"), "yuv422p10le");
  const ofFfv1 = await nearestPixelFormat({ path: "a.mkv", codec: "ffv1" }, "yuv420p12le");
  assert.equal(ofFfv1, "yuv420p12le");
  assert.equal(await nearestPixelFormat({ path: "a.mp4" }, "yuv420p12le"), "yuv420p10le");
});
