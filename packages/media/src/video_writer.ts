import { FfmpegError, type MediaWarning, VideoNoFramesError, VideoOptionsError } from "./errors.ts";
import { encoderArguments, type EncoderOptions } from "./video_encoder.ts";
import { findFfmpeg } from "./ffmpeg_find.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";
import { padToEven } from "./pad_frame.ts";
import { layoutOf } from "./pixel_format.ts";
import type { Samples } from "./compare.ts";
import { matroskaFrameHeader, matroskaHeader } from "./raw_matroska.ts";
import { unfinishedName } from "./unfinished_name.ts";
import {
  containerDefaults,
  containerOf,
  countsMilliseconds,
  type VideoContainer,
} from "./video_streams.ts";
import { outputTiming, type TimingSource, type VideoTiming } from "./video_timing.ts";

/** What to write and how. */
export interface VideoWriterOptions extends TimingSource, Partial<EncoderOptions> {
  /** Width of the frames in pixels. */
  width: number;
  /** Height of the frames in pixels. */
  height: number;
  /** Bits of a sample of the frames; 8 by default. */
  depth?: 8 | 16;
  /** Leaves out everything of the source but times and colours: sound, chapters, metadata. */
  picturesOnly?: boolean;
  /** The container where the file name does not tell it. */
  container?: VideoContainer;
  /** Aborts the writer, as {@link VideoWriter.abort} does. */
  signal?: AbortSignal;
}

/**
 * Encodes RGB frames to a video file that appears under its name only when it is complete.
 *
 * Frame count, time stamps and sound equal the source's. The work goes to a hidden file beside the
 * target, which is renamed by {@link VideoWriter.close} and removed by {@link VideoWriter.abort}
 * and after every failure.
 *
 * @example
 * ```ts
 * import { probeVideo, VideoWriter } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * const path = `${folder}/grey.mp4`;
 * const writer = await VideoWriter.open(path, { width: 64, height: 36, rate: { num: 24, den: 1 } });
 * for (let index = 0; index < 6; index++) await writer.write(new Uint8Array(64 * 36 * 3).fill(90));
 * await writer.close();
 * assert.equal((await probeVideo(path)).frames, 6);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class VideoWriter implements AsyncDisposable {
  /** What was changed or left out, for example rows added to reach an even size. */
  readonly notes: MediaWarning[];
  readonly #child: FfmpegProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #path: string;
  readonly #part: string;
  readonly #timing: VideoTiming;
  readonly #width: number;
  readonly #height: number;
  readonly #depth: 8 | 16;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.abort();
  #written = 0;
  #cleared: Promise<void> = Promise.resolve();
  #state: "open" | "closed" | "aborted" = "open";

  private constructor(
    setup: { child: FfmpegProcess; path: string; part: string; timing: VideoTiming },
    options: VideoWriterOptions,
    notes: MediaWarning[],
  ) {
    this.#child = setup.child;
    this.#path = setup.path;
    this.#part = setup.part;
    this.#timing = setup.timing;
    this.#stdin = setup.child.stdin.getWriter();
    this.#stdin.closed.catch(() => {});
    this.#width = options.width;
    this.#height = options.height;
    this.#depth = options.depth ?? 8;
    this.#signal = options.signal;
    this.notes = notes;
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /**
   * Starts an encoder.
   *
   * @param path The file to make; one that exists is replaced when the writer closes.
   * @param options Size, timing and encoder settings.
   * @returns The writer, ready for the first frame.
   * @throws {VideoOptionsError} When the options do not fit together.
   */
  static async open(path: string, options: VideoWriterOptions): Promise<VideoWriter> {
    const { source, width, height, depth = 8, signal } = options;
    if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
      throw new VideoOptionsError(
        `Cannot write ${path}: ${width} x ${height} is no size.`,
        "Give a width and height of at least 1 pixel.",
      );
    }
    signal?.throwIfAborted();
    const container = options.container ?? containerOf(path);
    const timing = outputTiming(path, options, countsMilliseconds(container));
    const { ffmpeg, version } = await findFfmpeg();
    const { muxer, codec } = containerDefaults(container);
    const notes: MediaWarning[] = [];
    const part = unfinishedName(path);
    const args = encoderArguments({
      options: { codec, ...options },
      size: { width, height },
      depth,
      source,
      picturesOnly: options.picturesOnly ?? false,
      container,
      timing,
      version,
      notes,
    });
    // The empty file proves that the folder can be written before any work is done.
    await Deno.writeFile(part, new Uint8Array(), { createNew: true });
    try {
      const child = FfmpegProcess.start({
        program: ffmpeg,
        args: [...args, "-f", muxer, "-y", part],
        stdin: true,
        action: `encode ${path}`,
      });
      const writer = new VideoWriter({ child, path, part, timing }, options, notes);
      const even = writer.#padded(notes, options.pixelFormat ?? "yuv420p");
      const metadata = source?.hdrMetadata ?? null;
      const frameNanoseconds = timing.period;
      await writer.#send([matroskaHeader({ ...even, depth, frameNanoseconds, metadata })]);
      return writer;
    } catch (error) {
      await Deno.remove(part).catch(() => {});
      throw error;
    }
  }

  /**
   * Writes the next frame; the promise settles when the encoder can take another one.
   *
   * @param frame Samples of the writer's depth, [height, width, 3]; not to be changed until the promise
   * settles.
   * @throws {FfmpegError} When the encoder has died.
   */
  async write(frame: Samples): Promise<void> {
    this.#requireOpen();
    const expected = this.#width * this.#height * 3 * (this.#depth / 8);
    const { byteLength } = frame;
    if (byteLength !== expected || this.#written >= this.#timing.frames) {
      throw new VideoOptionsError(
        byteLength !== expected
          ? `Cannot write a frame to ${this.#path}: it has ${byteLength} bytes, not ${expected}.`
          : `Cannot write a frame to ${this.#path}: the source has only ${this.#timing.frames}.`,
        "Write one RGB frame for each frame of the source.",
      );
    }
    const { timeBase, offset } = this.#timing;
    const nanoseconds = (index: number) =>
      Math.round((offset(index) * timeBase.num * 1e9) / timeBase.den);
    const index = this.#written++;
    const time = nanoseconds(index);
    const isLast = index + 1 >= this.#timing.frames;
    const duration = isLast ? this.#timing.period : nanoseconds(index + 1) - time;
    const bytes = new Uint8Array(frame.buffer, frame.byteOffset, byteLength);
    const size = { width: this.#width, height: this.#height };
    const pixels = this.#evenSize === null ? bytes : padToEven(bytes, size, this.#evenSize);
    await this.#send([matroskaFrameHeader(pixels.length, time, duration), pixels]);
  }

  /**
   * Finishes the file and gives it its name.
   *
   * @throws {FfmpegError} When the encoder failed; nothing is left behind then.
   * @throws {VideoNoFramesError} When no frame was written.
   */
  async close(): Promise<void> {
    this.#requireOpen();
    if (this.#written === 0) {
      await this.abort();
      throw new VideoNoFramesError(
        `Cannot finish ${this.#path}: no frame was written.`,
        "Write at least one frame.",
      );
    }
    try {
      await this.#stdin.close().catch(() => {});
      await this.#child.finished();
      this.#signal?.throwIfAborted();
      await Deno.rename(this.#part, this.#path);
      this.#state = "closed";
      this.#signal?.removeEventListener("abort", this.#onAbort);
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  /** Ends the encoder at once and removes everything that it wrote. */
  abort(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "aborted";
      this.#signal?.removeEventListener("abort", this.#onAbort);
      this.#cleared = this.#clear();
    }
    return this.#cleared;
  }

  /** Aborts a writer that was not closed, so that `await using` leaves nothing half done. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  #evenSize: { width: number; height: number } | null = null;

  /** 4:2:0 needs even sides and 4:2:2 an even width; the edge is repeated to reach them. */
  #padded(notes: MediaWarning[], pixelFormat: string): { width: number; height: number } {
    const layout = layoutOf(pixelFormat);
    const is420 = layout === "yuv420p";
    const width = this.#width + (is420 || layout === "yuv422p" ? this.#width % 2 : 0);
    const height = this.#height + (is420 ? this.#height % 2 : 0);
    if (width === this.#width && height === this.#height) return { width, height };
    this.#evenSize = { width, height };
    notes.push({
      code: "PADDED_TO_EVEN",
      message: `${this.#width} x ${this.#height} became ${width} x ${height}: ` +
        `${pixelFormat} needs even sides, the edge pixels were repeated.`,
    });
    return { width, height };
  }

  async #send(chunks: Uint8Array[]): Promise<void> {
    try {
      for (const chunk of chunks) await this.#stdin.write(chunk);
    } catch (cause) {
      this.#signal?.throwIfAborted();
      if (this.#state === "aborted") throw this.#notOpen();
      try {
        await this.#child.finished();
      } catch (error) {
        await this.abort();
        throw error;
      }
      await this.abort();
      throw new FfmpegError(`encode ${this.#path}`, 0, [...this.#child.lines, `${cause}`]);
    }
  }

  async #clear(): Promise<void> {
    await this.#child.kill();
    await Deno.remove(this.#part).catch(() => {});
  }

  #requireOpen(): void {
    this.#signal?.throwIfAborted();
    if (this.#state !== "open") throw this.#notOpen();
  }

  #notOpen(): VideoOptionsError {
    return new VideoOptionsError(
      `Cannot use the writer of ${this.#path}: it is ${this.#state}.`,
      "Open another one.",
    );
  }
}
