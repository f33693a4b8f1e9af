import { openVideo } from "@vicinity/cli";
import type { RgbFrame, VideoWriter } from "@vicinity/media";

/** Frames a second are written as this many thousandths. */
const RATE_UNIT = 1000;

/** One video of the bird's-eye pictures of a run, in the order of its scans. */
export class BevVideo {
  readonly #path: string;
  readonly #fps: number;
  readonly #signal: AbortSignal;
  #writer: VideoWriter | undefined;

  /**
   * Begins without a picture; the first one decides the size.
   *
   * @param path The file that will be there in the end.
   * @param options Scans a second, and what stops the run.
   */
  constructor(path: string, options: { readonly fps: number; readonly signal: AbortSignal }) {
    this.#path = path;
    this.#fps = options.fps;
    this.#signal = options.signal;
  }

  /** Adds a picture; all have one size. */
  async add({ width, height, data }: RgbFrame): Promise<void> {
    this.#writer ??= await openVideo(this.#path, {
      width,
      height,
      rate: { num: Math.round(this.#fps * RATE_UNIT), den: RATE_UNIT },
      signal: this.#signal,
    });
    await this.#writer.write(data);
  }

  /**
   * Finishes the video.
   *
   * @returns Its path; undefined when it has no picture.
   */
  async close(): Promise<string | undefined> {
    await this.#writer?.close();
    return this.#writer && this.#path;
  }

  /** Leaves nothing behind of a video that was not finished. */
  async abort(): Promise<void> {
    await this.#writer?.abort();
  }
}
