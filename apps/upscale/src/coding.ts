import { encoderOptions, type Warning } from "@vicinity/cli";
import {
  type EncoderOptions,
  type FrameDepth,
  nearestPixelFormat,
  sampleDepth,
  type VideoInfo,
} from "@vicinity/media";
import type { UpscaleContext } from "./engine.ts";

type Values = UpscaleContext["values"];

/** How a video is coded. */
export interface Coding {
  /** Settings of the encoder. */
  readonly options: Partial<EncoderOptions>;
  /** Bits of a sample of the frames between decoder and encoder. */
  readonly depth: FrameDepth;
  /** What is lost. */
  readonly losses: readonly Warning[];
  /** White of letters over the pictures, as a part of the largest sample. */
  readonly white: number;
}

/** What decides the coding of a result; pictures have no tags of videos. */
export type CodedSource =
  & Pick<VideoInfo, "pixelFormat" | "bitDepth">
  & Partial<Pick<VideoInfo, "color" | "hdrMetadata" | "toneMappedFrom">>;

/** White of graphics beside pictures of high dynamic range, 203 cd/m² (ITU-R BT.2408). */
const GRAPHICS_WHITE: Readonly<Record<string, number>> = { smpte2084: 0.58, "arib-std-b67": 0.75 };

/**
 * Decides how a result is coded: with the bits of the source, unless the options or the encoder say
 * otherwise.
 *
 * @param values The options.
 * @param source The source.
 * @param path The result, whose ending tells its container; nothing is coded when it is absent.
 * @returns The coding.
 * @throws {CliError} `USAGE` when the encoder does not take the pixel format.
 */
export async function codingOf(
  values: Values,
  source: CodedSource,
  path: string | undefined,
): Promise<Coding> {
  if (path === undefined) {
    return { options: {}, depth: source.bitDepth > 8 ? 16 : 8, losses: [], white: 1 };
  }
  const { codec, "pix-fmt": asked } = values;
  // High dynamic range that is brought down becomes what all players show.
  const bits = source.toneMappedFrom && asked === undefined ? 8 : source.bitDepth;
  const options = await encoderOptions(values, source, path);
  if (asked === undefined && bits > 8) {
    options.pixelFormat = await nearestPixelFormat({ path, codec }, `yuv420p${bits}le`);
  }
  const written = sampleDepth(options.pixelFormat ?? "");
  const losses: Warning[] = [];
  if (written < bits) {
    losses.push({ code: "DEPTH", message: `${bits} bits a sample became ${written}` });
  }
  const dynamic = source.hdrMetadata?.dynamic ?? [];
  if (dynamic.length > 0) {
    const message = `what ${dynamic.join(" and ")} says of each frame is not kept`;
    losses.push({ code: "HDR_METADATA", message });
  }
  const white = GRAPHICS_WHITE[source.color?.transfer ?? ""] ?? 1;
  return { options, depth: source.bitDepth > 8 && written > 8 ? 16 : 8, losses, white };
}
