import { openVideo, requireWhole } from "@vicinity/cli";
import type { Enlarger } from "../engine.ts";
import { enlargeInto } from "./enlarge.ts";
import { countFrames, type PreparedVideo, type VideoTask, writerOptions } from "./video_task.ts";

/**
 * Enlarges a video with all that is in it, in one piece.
 *
 * @param engine The network.
 * @param video The video.
 * @param task Where to and how.
 * @returns Frames written.
 */
export async function upscaleWhole(
  engine: Enlarger,
  video: PreparedVideo,
  task: VideoTask,
): Promise<number> {
  const { source } = video;
  const { results, coding, scope, values } = task;
  await using times = await source.times();
  const { depth, white } = coding;
  const frames = source.decode({ start: 0, end: source.frames, depth, signal: scope.signal });
  const written = await enlargeInto(engine, frames, video, {
    results,
    open: (result) =>
      openVideo(result.target, { ...writerOptions(video, task, result), ...times.whole }),
    white,
    signal: scope.signal,
    onFrame: countFrames(video, task),
    accept: () => requireWhole(frames.warnings, values),
  });
  const odd = [...coding.losses, ...times.notes, ...frames.warnings, ...written.notes];
  for (const warning of odd) scope.warn(warning);
  return written.frames;
}
