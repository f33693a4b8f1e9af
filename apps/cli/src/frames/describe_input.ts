import type { DecodedImage, VideoInfo } from "@vicinity/media";

/** A picture that was decoded or a video that was probed. */
export type ReadInput =
  | { readonly type: "picture"; readonly image: DecodedImage }
  | { readonly type: "video"; readonly info: VideoInfo };

/**
 * What the JSON says of an input beside its path.
 *
 * @param input The picture or the video.
 * @returns Kind, size, number of frames; of videos the mean rate too.
 */
export function describeInput(input: ReadInput): Readonly<Record<string, unknown>> {
  if (input.type === "picture") {
    const { width, height, metadata } = input.image;
    return { type: metadata.format, width, height, frames: 1 };
  }
  const { codec, width, height, frames, averageRate } = input.info;
  const fps = Number((averageRate.num / averageRate.den).toPrecision(6));
  return { type: codec, width, height, frames, fps };
}
