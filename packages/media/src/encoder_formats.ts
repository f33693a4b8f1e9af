import { findFfmpeg } from "./ffmpeg_find.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import { layoutOf, sampleDepth } from "./pixel_format.ts";
import { containerDefaults, containerOf } from "./video_streams.ts";

/** Where a video goes, which decides its encoder. */
export interface EncoderTarget {
  /** The file to be made. */
  path: string;
  /** ffmpeg's name of the encoder; by default the usual one of the file's container. */
  codec?: string | undefined;
}

/**
 * Chooses the pixel format nearest to a wanted one that an encoder takes: of the same layout if there is
 * one, and with no fewer bits than wanted if that can be.
 *
 * @param target The file and the encoder.
 * @param wanted Name of the pixel format.
 * @returns A name; the wanted one where ffmpeg does not say what the encoder takes.
 *
 * @example
 * ```ts
 * import { nearestPixelFormat } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const format = await nearestPixelFormat({ path: "film.mp4" }, "yuv420p12le");
 * assert.equal(format, "yuv420p10le");
 * ```
 */
export async function nearestPixelFormat(
  target: EncoderTarget,
  wanted: string,
): Promise<string> {
  return nearest((await encoderFormats(target)).pixelFormats, wanted);
}

/** What an encoder takes. */
export interface EncoderFormats {
  /** ffmpeg's name of the encoder. */
  codec: string;
  /** Names of the pixel formats; none where ffmpeg does not say. */
  pixelFormats: readonly string[];
}

/**
 * Asks ffmpeg which pixel formats an encoder takes.
 *
 * @param target The file and the encoder.
 * @returns The encoder and its formats.
 *
 * @example
 * ```ts
 * import { encoderFormats } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const { codec, pixelFormats } = await encoderFormats({ path: "film.mp4" });
 * assert.equal(codec, "libx264");
 * assert.ok(pixelFormats.includes("yuv420p"));
 * ```
 */
export async function encoderFormats(
  { path, codec = containerDefaults(containerOf(path)).codec }: EncoderTarget,
): Promise<EncoderFormats> {
  return { codec, pixelFormats: await formatsOf(codec) };
}

/**
 * Chooses the nearest of some pixel formats.
 *
 * @param formats What there is.
 * @param wanted What is wanted.
 * @returns The nearest; the wanted one where there is none of a known layout.
 */
export function nearest(formats: readonly string[], wanted: string): string {
  if (formats.includes(wanted)) return wanted;
  const own = layoutOf(wanted);
  const layouts = ["yuv420p", "yuv422p", "yuv444p"];
  const depth = sampleDepth(wanted);
  // Where colour is thinned out least is nearest to what does not thin it out.
  for (const layout of own === "yuv420p" ? layouts : [own, ...layouts.reverse()]) {
    const rising = formats.filter((format) => layoutOf(format) === layout)
      .sort((one, other) => sampleDepth(one) - sampleDepth(other));
    const found = rising.find((format) => sampleDepth(format) >= depth) ?? rising.at(-1);
    if (found !== undefined) return found;
  }
  return wanted;
}

async function formatsOf(encoder: string): Promise<readonly string[]> {
  const { ffmpeg } = await findFfmpeg();
  const child = FfmpegProcess.start({
    program: ffmpeg,
    args: ["-hide_banner", "-v", "error", "-h", `encoder=${encoder}`],
    stdout: true,
    action: `describe the encoder ${encoder}`,
  });
  const text = await new Response(child.stdout).text();
  await child.finished();
  return /^ *Supported pixel formats: (.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
}
