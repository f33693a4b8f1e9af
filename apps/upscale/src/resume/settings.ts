import { VERSION } from "@vicinity/cli";
import { findFfmpeg } from "@vicinity/media";
import type { Coding } from "../coding.ts";
import type { Enlarger } from "../engine.ts";
import type { PreparedVideo, VideoTask } from "../video.ts";
import type { Settings } from "./state.ts";

const HASHED_BYTES = 2 ** 20;

/**
 * Collects everything that decides the frames of a result and their coding. The names are those of the
 * options where there is one, because people read them when something differs.
 *
 * @param engine The network.
 * @param video The video.
 * @param task What is wanted of it.
 * @param parts How parts are coded, and their frames.
 * @returns The settings.
 */
export async function settingsOf(
  engine: Pick<Enlarger, "identify">,
  { info, range, size }: PreparedVideo,
  { values, comparison, isCopiedInput }: VideoTask,
  { coding, partFrames }: { readonly coding: Coding; readonly partFrames: number },
): Promise<Settings> {
  const model = await engine.identify();
  const { size: bytes, mtime } = await Deno.stat(info.path);
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
    deinterlace: values.deinterlace,
    hdr: values.hdr,
    "first frame": range.start,
    "end frame": range.end,
    codec: values.codec ?? null,
    crf: values.crf,
    preset: values.preset ?? null,
    "pix-fmt": coding.options.pixelFormat ?? null,
    "encoder-args": values["encoder-args"] ?? null,
    compare: comparison !== undefined,
    "frames of a part": partFrames,
    "input's bytes": bytes,
    "input's time": isCopiedInput ? null : mtime?.toISOString() ?? null,
    "input's hash": await hashOfEnds(info.path, bytes),
  };
}

/** SHA-256 of the first and the last MiB, which is quick for any video. */
async function hashOfEnds(path: string, bytes: number): Promise<string> {
  using file = await Deno.open(path, { read: true });
  const ends = new Uint8Array(2 * HASHED_BYTES);
  const head = await readFrom(file, 0, ends.subarray(0, HASHED_BYTES));
  const tail = await readFrom(
    file,
    Math.max(0, bytes - HASHED_BYTES),
    ends.subarray(head, head + HASHED_BYTES),
  );
  const digest = await crypto.subtle.digest("SHA-256", ends.subarray(0, head + tail));
  return new Uint8Array(digest).toHex();
}

async function readFrom(file: Deno.FsFile, start: number, into: Uint8Array): Promise<number> {
  await file.seek(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < into.length) {
    const count = await file.read(into.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}
