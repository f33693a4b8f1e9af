import { VERSION } from "@vicinity/cli";
import { findFfmpeg } from "@vicinity/media";
import type { Enlarger } from "../../engine.ts";
import type { PreparedVideo, VideoTask } from "../video_task.ts";
import type { Settings } from "./state.ts";

/**
 * Collects everything that decides the frames of a result and their coding. The names are those of the
 * options where there is one, because people read them when something differs.
 *
 * @param engine The network.
 * @param video The video.
 * @param task What is wanted of it.
 * @param partFrames Frames of a part.
 * @returns The settings.
 */
export async function settingsOf(
  engine: Pick<Enlarger, "identify">,
  { source, size }: PreparedVideo,
  { values, results, coding }: Pick<VideoTask, "values" | "results" | "coding">,
  partFrames: number,
): Promise<Settings> {
  const model = await engine.identify();
  return {
    version: VERSION,
    ffmpeg: (await findFfmpeg()).version,
    model: String(model.id),
    weights: String(model.sha256),
    dtype: values.dtype,
    width: size.width,
    height: size.height,
    "model's factor": size.factor,
    mode: values.mode,
    seed: values.seed,
    steps: values.steps ?? null,
    noise: values.noise ?? null,
    tile: values.tile ?? null,
    window: values.window ?? null,
    codec: values.codec ?? null,
    crf: values.crf,
    preset: values.preset ?? null,
    "pix-fmt": coding.options.pixelFormat ?? null,
    "encoder-args": values["encoder-args"] ?? null,
    save: results.map(({ product }) => product).join(","),
    "frames of a part": partFrames,
    ...await source.settings(),
  };
}
