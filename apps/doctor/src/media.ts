import { toCliError } from "@vicinity/cli";
import { decodeImage, encodeImage, findFfmpeg } from "@vicinity/media";
import type { Finding } from "./finding.ts";

const INSTALL = "install it: sudo apt-get install -y ffmpeg (or brew install ffmpeg)";
const ENCODERS = ["libx264", "libvpx-vp9"] as const;
/** Formats that are written and read. */
const FORMATS = ["png", "jpg", "webp", "avif", "tiff"] as const;
/** Formats that are read alone. */
const ONLY_READ = ["gif"] as const;

/**
 * Checks ffmpeg with its encoders, and the picture library.
 *
 * @returns What was found.
 */
export async function checkMedia(): Promise<readonly Finding[]> {
  return [...await checkFfmpeg(), await checkPictures()];
}

async function checkFfmpeg(): Promise<readonly Finding[]> {
  try {
    const { ffmpeg, ffprobe, version, source } = await findFfmpeg();
    return [
      {
        subject: "ffmpeg",
        state: "fine",
        found: `${version}, ${ffmpeg} (${source}), ${ffprobe}`,
        details: { ffmpeg, ffprobe, version, source },
      },
      await checkEncoders(ffmpeg),
    ];
  } catch (error) {
    const { message } = toCliError(error);
    const chosen = ["FFMPEG_BIN", "FFPROBE_BIN"].filter((name) => Deno.env.get(name));
    const remedy = chosen.length === 0 ? INSTALL : `correct or unset ${chosen.join(" and ")}`;
    return [{ subject: "ffmpeg", state: "problem", stops: "media", found: message, remedy }];
  }
}

async function checkEncoders(ffmpeg: string): Promise<Finding> {
  const { stdout } = await new Deno.Command(ffmpeg, {
    args: ["-hide_banner", "-encoders"],
    stdin: "null",
    stderr: "null",
  }).output();
  const listed = new TextDecoder().decode(stdout).split("\n").map((line) =>
    line.trim().split(/\s+/)[1]
  );
  const [needed] = ENCODERS;
  const found = ENCODERS.filter((name) => listed.includes(name));
  const common = { subject: "encoders", details: { found } };
  if (found.includes(needed)) return { ...common, state: "fine", found: found.join(", ") };
  return {
    ...common,
    state: "problem",
    stops: "media",
    found: `this ffmpeg has no ${needed}`,
    remedy: "install a full build of ffmpeg, or choose another encoder with --codec",
  };
}

/** Writes and reads one pixel in every format. */
async function checkPictures(): Promise<Finding> {
  const pixel = {
    width: 1,
    height: 1,
    channels: 3,
    depth: 8,
    data: Uint8Array.of(9, 8, 7),
  } as const;
  const subject = "pictures";
  try {
    for (const format of FORMATS) await decodeImage(await encodeImage(pixel, { format }));
    const { default: sharp } = await import("sharp");
    const { sharp: version, vips } = sharp.versions;
    const also = ONLY_READ.filter((name) => sharp.format[name].input.buffer);
    return {
      subject,
      state: "fine",
      found: `sharp ${version}, libvips ${vips}: ${FORMATS.join(", ")}; reads ${also.join(", ")}`,
      details: { sharp: version, vips, formats: FORMATS, alsoReads: also },
    };
  } catch (error) {
    return {
      subject,
      state: "problem",
      stops: "media",
      found: toCliError(error).message,
      remedy: "run the task again with a network, so that Deno can fetch the library",
    };
  }
}
