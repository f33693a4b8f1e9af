import { join } from "node:path";

/** Makes the clips that the video tests run on, and asks ffprobe about results. */

/** Runs ffmpeg and fails loudly. */
export async function ffmpeg(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ffmpeg", {
    args: ["-nostdin", "-v", "error", "-y", ...args],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Runs ffprobe and gives the lines that it prints. */
export async function ffprobe(...args: string[]): Promise<string[]> {
  const { stdout } = await new Deno.Command("ffprobe", {
    args: ["-v", "error", "-of", "csv=p=0", ...args],
    stdout: "piped",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

/** Moving test pattern as a lavfi input. */
export function pattern(size = "96x64", rate = "25", seconds = 1): string[] {
  return ["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
}

/** A tone as a lavfi input. */
export function tone(seconds = 1): string[] {
  return ["-f", "lavfi", "-i", `sine=frequency=330:duration=${seconds}`];
}

/** Keeps some frames, so that times become irregular. */
export const IRREGULAR = ["-vf", "select='not(eq(mod(n,5),2))+eq(n,7)'", "-vsync", "passthrough"];

/** Quick x264. */
export const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p"];

/** Runs a test body with a folder that is removed afterwards. */
export async function inFolder(body: (at: (name: string) => string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body((name) => join(folder, name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Names of what lies in the folder of a path, hidden files included. */
export function neighbours(path: string): string[] {
  return [...Deno.readDirSync(join(path, ".."))].map((entry) => entry.name).sort();
}

/** Checksums of the packets of one kind of stream. */
export async function packetSums(path: string, stream: string): Promise<string> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-i", path, "-map", `0:${stream}`, "-c", "copy", "-f", "md5", "-"],
    stdout: "piped",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
