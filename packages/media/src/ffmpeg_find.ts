import { dirname, extname, join } from "node:path";
import { FfmpegMissingError } from "./errors.ts";

/** Where the two programs were found. */
export interface FfmpegPrograms {
  /** Path or name of ffmpeg, as given to the operating system. */
  ffmpeg: string;
  /** Path or name of ffprobe. */
  ffprobe: string;
  /** Version as ffmpeg prints it, for example `5.1.9-0+deb12u1`. */
  version: string;
  /** Which of the three places gave ffmpeg. */
  source: "FFMPEG_BIN" | "ffmpeg-static" | "PATH";
}

const INSTALL_HINT =
  "Install it (apt-get install ffmpeg, brew install ffmpeg) or set FFMPEG_BIN to its path.";

const found = new Map<string, Promise<FfmpegPrograms>>();

/**
 * Finds ffmpeg and ffprobe and proves that both run.
 *
 * The order for ffmpeg is `FFMPEG_BIN`, the file of the npm package `ffmpeg-static` where it was
 * really downloaded, then PATH. The order for ffprobe is `FFPROBE_BIN`, a file beside ffmpeg,
 * then PATH. A variable that names something unusable is an error, never skipped.
 *
 * @returns Both programs and the version.
 * @throws {FfmpegMissingError} When either cannot be run.
 *
 * @example
 * ```ts
 * import { findFfmpeg } from "@vicinity/media";
 *
 * const { version } = await findFfmpeg();
 * if (!/\d/.test(version)) throw new Error(version);
 * ```
 */
export function findFfmpeg(): Promise<FfmpegPrograms> {
  const ffmpegBin = environment("FFMPEG_BIN");
  const ffprobeBin = environment("FFPROBE_BIN");
  const key = `${ffmpegBin}\n${ffprobeBin}`;
  let search = found.get(key);
  if (search === undefined) {
    search = locate(ffmpegBin, ffprobeBin);
    found.set(key, search);
    search.catch(() => found.delete(key));
  }
  return search;
}

async function locate(ffmpegBin: string, ffprobeBin: string): Promise<FfmpegPrograms> {
  const bundled = ffmpegBin === "" ? await bundledFfmpeg() : undefined;
  const ffmpeg = ffmpegBin || bundled || "ffmpeg";
  const source = ffmpegBin !== "" ? "FFMPEG_BIN" : bundled ? "ffmpeg-static" : "PATH";
  const version = await versionOf("ffmpeg", ffmpeg);
  const sibling = source === "PATH"
    ? undefined
    : join(dirname(ffmpeg), `ffprobe${extname(ffmpeg)}`);
  const ffprobe = ffprobeBin || (sibling && await isFile(sibling) ? sibling : "ffprobe");
  await versionOf("ffprobe", ffprobe);
  return { ffmpeg, ffprobe, version, source };
}

/** A variable that may not be read counts as unset. */
function environment(name: string): string {
  try {
    return Deno.env.get(name) ?? "";
  } catch {
    return "";
  }
}

/**
 * Looks where package managers put the binary of `ffmpeg-static`. Its module is not imported: that
 * would bring in all that its install script needs, while only the file matters.
 */
async function bundledFfmpeg(): Promise<string | undefined> {
  const name = Deno.build.os === "windows" ? "ffmpeg.exe" : "ffmpeg";
  let folder = import.meta.dirname;
  while (folder !== undefined) {
    const path = join(folder, "node_modules", "ffmpeg-static", name);
    if (await isFile(path)) return path;
    const parent = dirname(folder);
    folder = parent === folder ? undefined : parent;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

async function versionOf(program: string, path: string): Promise<string> {
  let reason = "it printed no version";
  try {
    const { stdout } = await new Deno.Command(path, {
      args: ["-hide_banner", "-version"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    const version = new TextDecoder().decode(stdout).match(/version (\S+)/)?.[1];
    if (version !== undefined) return version;
  } catch (error) {
    reason = error instanceof Deno.errors.NotFound
      ? `${path} was not found`
      : error instanceof Error
      ? error.message.replace(/\.$/, "")
      : String(error);
  }
  throw new FfmpegMissingError(`Cannot run ${program}: ${reason}.`, INSTALL_HINT);
}
