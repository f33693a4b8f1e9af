import { dirname, join } from "node:path";
import type { RgbFrame } from "./compare.ts";
import { sceneColor } from "./demo_scene.ts";
import { VideoOptionsError } from "./errors.ts";
import { findFfmpeg } from "./ffmpeg_find.ts";
import { encodeImage } from "./image_encode.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import type { Rational } from "./video_info.ts";
import { probeVideo } from "./video_probe.ts";
import { VideoWriter } from "./video_writer.ts";

/** Size and length of the demonstration clip. */
export interface DemoClipOptions {
  /** Frames; 24 by default. */
  frames?: number;
  /** Frames a second; 12 by default. */
  rate?: Rational;
  /** Width in pixels; 256 by default. */
  width?: number;
  /** Height in pixels; 144 by default. */
  height?: number;
  /** Samples along each side of a pixel that are averaged; 4 by default. */
  samples?: number;
}

const TONE_HERTZ = 440;

/**
 * Draws the frames of the demonstration clip, the same ones every time.
 *
 * Each pixel is the mean of a grid of samples, as a camera's would be, so the frames are a true
 * small version of a picture with far finer detail.
 *
 * @param options Size and length.
 * @returns The frames in order.
 *
 * @example
 * ```ts
 * import { demoClip } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const frames = [...demoClip({ frames: 2, width: 32, height: 18 })];
 * assert.equal(frames[1]?.data.length, 32 * 18 * 3);
 * ```
 */
export function* demoClip(options: DemoClipOptions = {}): Generator<RgbFrame, void, void> {
  const { frames = 24, rate = { num: 12, den: 1 }, width = 256, height = 144, samples = 4 } =
    options;
  for (let index = 0; index < frames; index++) {
    const data = drawFrame(width, height, samples, (index * rate.den) / rate.num);
    yield { width, height, data };
  }
}

/**
 * Writes the first picture of the demonstration clip as PNG, 640 x 360.
 *
 * @param path The file to make; one that exists is replaced.
 */
export async function writeDemoPicture(path: string): Promise<void> {
  for (const frame of demoClip({ frames: 1, width: 640, height: 360 })) {
    const image = { ...frame, channels: 3, depth: 8 } as const;
    await Deno.writeFile(path, await encodeImage(image, { format: "png" }));
  }
}

/**
 * Writes the demonstration clip with a tone as its sound.
 *
 * @param path The file to make.
 * @param options Size and length; a file that exists is replaced only with `overwrite`.
 * @throws {VideoOptionsError} When the file exists already.
 *
 * @example
 * ```ts
 * import { probeVideo, writeDemoClip } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await writeDemoClip(`${folder}/demo.mp4`, { frames: 3, width: 64, height: 36 });
 * assert.equal((await probeVideo(`${folder}/demo.mp4`)).audio.length, 1);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeDemoClip(
  path: string,
  options: DemoClipOptions & { overwrite?: boolean } = {},
): Promise<void> {
  if (!options.overwrite && await exists(path)) {
    throw new VideoOptionsError(
      `Cannot write the demonstration clip to ${path}: the file exists.`,
      "Choose another name or allow overwriting.",
    );
  }
  const { frames = 24, rate = { num: 12, den: 1 }, width = 256, height = 144 } = options;
  const tone = join(dirname(path), `.tone-${crypto.randomUUID().slice(0, 8)}.mp4`);
  try {
    await writeTone(tone, { width, height, rate, seconds: (frames * rate.den) / rate.num });
    const source = await probeVideo(tone);
    await using writer = await VideoWriter.open(path, { source, width, height, crf: 12 });
    for (const frame of demoClip(options)) await writer.write(frame.data);
    await writer.close();
  } finally {
    await Deno.remove(tone).catch(() => {});
  }
}

/** A black clip with the tone: the writer takes sound, size and times from a source. */
async function writeTone(
  path: string,
  clip: { width: number; height: number; rate: Rational; seconds: number },
): Promise<void> {
  const { width, height, rate, seconds } = clip;
  const { ffmpeg } = await findFfmpeg();
  const picture = `color=black:size=${width}x${height}:rate=${rate.num}/${rate.den}:d=${seconds}`;
  const child = FfmpegProcess.start({
    program: ffmpeg,
    // deno-fmt-ignore
    args: [
      "-nostdin", "-v", "error", "-f", "lavfi", "-i", picture,
      "-f", "lavfi", "-i", `sine=frequency=${TONE_HERTZ}:duration=${seconds}`,
      "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv444p", "-c:a", "aac", path,
    ],
    action: "make the tone of the demonstration clip",
  });
  await child.finished();
}

function drawFrame(width: number, height: number, samples: number, time: number) {
  const data = new Uint8Array(width * height * 3);
  const weight = 255 / (samples * samples);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let [red, green, blue] = [0, 0, 0];
      for (let sample = 0; sample < samples * samples; sample++) {
        const x = (column + ((sample % samples) + 0.5) / samples) / height;
        const y = (row + (Math.floor(sample / samples) + 0.5) / samples) / height;
        const color = sceneColor(x, y, time);
        red += color[0];
        green += color[1];
        blue += color[2];
      }
      const at = (row * width + column) * 3;
      data[at] = Math.min(255, Math.round(red * weight));
      data[at + 1] = Math.min(255, Math.round(green * weight));
      data[at + 2] = Math.min(255, Math.round(blue * weight));
    }
  }
  return data;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
