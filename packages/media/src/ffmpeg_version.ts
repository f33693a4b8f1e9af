/** The release that renamed `-vsync` to `-fps_mode`. */
const FPS_MODE_SINCE = 5.1;

/**
 * The arguments that make ffmpeg pass every frame on exactly once.
 *
 * @param version Version of ffmpeg; one without a number (a nightly build) counts as new.
 * @returns Output arguments.
 */
export function frameTimingArguments(version: string): string[] {
  const release = /^n?(\d+)\.(\d+)/.exec(version);
  const old = release !== null && Number(`${release[1]}.${release[2]}`) < FPS_MODE_SINCE;
  return [old ? "-vsync" : "-fps_mode", "passthrough"];
}
