/** The evaluation set: a folder with a manifest and, for every clip, the original and its reductions. */
import { join } from "node:path";
import { decodeFrames, probeVideo, type RgbFrame, type VideoInfo } from "@vicinity/media";

/** What a clip is there for. */
export type ClipKind = "detailed" | "smooth" | "other";

const KINDS: readonly ClipKind[] = ["detailed", "smooth", "other"];

/** A clip of the evaluation set. */
export interface Clip {
  /** Name of its folder. */
  readonly name: string;
  /** Detailed clips are averaged, smooth ones must not get worse. */
  readonly kind: ClipKind;
}

/**
 * Reads `manifest.json`: `{ "clips": [{ "name": "vtest", "kind": "detailed" }] }`.
 *
 * @param folder The evaluation set.
 * @returns Its clips.
 * @throws {TypeError} If an entry is not as described.
 */
export async function readClips(folder: string): Promise<Clip[]> {
  const path = join(folder, "manifest.json");
  const { clips } = Object(JSON.parse(await Deno.readTextFile(path)));
  if (!Array.isArray(clips)) throw new TypeError(`Cannot read ${path}: it has no list of clips.`);
  return clips.map((entry: unknown) => {
    const { name, kind } = Object(entry);
    const found = KINDS.find((known) => known === kind);
    if (typeof name === "string" && found) return { name, kind: found };
    throw new TypeError(
      `Cannot read ${path}: ${JSON.stringify(entry)} needs a name, and ${
        KINDS.join(", ")
      } as kind.`,
    );
  });
}

/** A video file and how much of it is used. */
export class ClipFile {
  readonly #info: VideoInfo;
  /** Frames used. */
  readonly frames: number;

  private constructor(info: VideoInfo, frames: number) {
    this.#info = info;
    this.frames = frames;
  }

  /**
   * Looks at a file.
   *
   * @param path The video.
   * @param limit Most frames to use.
   */
  static async open(path: string, limit: number): Promise<ClipFile> {
    const info = await probeVideo(path);
    return new ClipFile(info, Math.min(info.frames, limit));
  }

  /** Columns. */
  get width(): number {
    return this.#info.width;
  }

  /** Rows. */
  get height(): number {
    return this.#info.height;
  }

  /** Decodes from the start. */
  decode(): AsyncGenerator<RgbFrame> {
    return decodeFrames(this.#info, { end: this.frames });
  }
}
