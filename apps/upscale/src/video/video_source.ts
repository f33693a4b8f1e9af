import {
  cutSource,
  describeInput,
  type Job,
  planVideo,
  type ProbedSource,
  probeSource,
  type ProbeTask,
  type VideoPlan,
  type Warning,
  writtenStreams,
} from "@vicinity/cli";
import { decodeFrames, type EncoderOptions, missingFrames, type Rational } from "@vicinity/media";
import type { CodedSource } from "../coding.ts";
import type { UpscaleContext } from "../engine.ts";
import type { FrameSource, SourceFrames, SourceRange, SourceTimes } from "./frame_source.ts";
import { hashOfEnds } from "./resume/hash_of_ends.ts";
import type { Settings } from "./resume/state.ts";

type Values = UpscaleContext["values"];

/** The frames of a video file. */
export class VideoSource implements FrameSource {
  readonly #source: ProbedSource;
  readonly #values: Values;
  readonly #isCopied: boolean;

  /**
   * Takes what was probed.
   *
   * @param source The video, and the part of it that is wanted.
   * @param values The options.
   * @param isCopied Whether the file was made for this run alone, so that its time says nothing.
   */
  constructor(source: ProbedSource, values: Values, isCopied: boolean) {
    this.#source = source;
    this.#values = values;
    this.#isCopied = isCopied;
  }

  /** Columns, after rotation. */
  get width(): number {
    return this.#source.info.width;
  }

  /** Rows, after rotation. */
  get height(): number {
    return this.#source.info.height;
  }

  /** Frames that are wanted. */
  get frames(): number {
    const { start, end } = this.#source.range;
    return end - start;
  }

  /** Shape of a pixel. */
  get sampleAspectRatio(): Rational {
    return this.#source.info.sampleAspectRatio;
  }

  /** Pixel format, bits and colours. */
  get coded(): CodedSource {
    return this.#source.info;
  }

  /** Decodes some of the frames. */
  decode({ start, end, depth, signal }: SourceRange): SourceFrames {
    const { info, range } = this.#source;
    const { deinterlace, hdr: way } = this.#values;
    const hdr = way === "keep" ? way : "refuse";
    const places = { start: range.start + start, end: range.start + end };
    return decodeFrames(info, { ...places, deinterlace, hdr, depth, signal });
  }

  /** Cuts sound, subtitles and chapters to the part that is wanted. */
  async times(): Promise<SourceTimes> {
    const { info, range } = this.#source;
    const cut = await cutSource(info, range, writtenStreams(this.#values));
    return {
      whole: { source: cut.source },
      notes: cut.notes,
      [Symbol.asyncDispose]: () => cut[Symbol.asyncDispose](),
    };
  }

  /** Tells whether the file promises more frames. */
  missing(decoded: number): Warning | undefined {
    const { info, range } = this.#source;
    return missingFrames(info, range, decoded);
  }

  /** What becomes of the streams. */
  plan(target: string, options: Partial<EncoderOptions>): VideoPlan {
    const { info: source } = this.#source;
    return planVideo({ source, frames: this.frames }, target, options);
  }

  /** What decides the frames: the file and how it is decoded. */
  async settings(): Promise<Settings> {
    const { info: { path }, range } = this.#source;
    const { deinterlace, hdr } = this.#values;
    const { size: bytes, mtime } = await Deno.stat(path);
    return {
      deinterlace,
      hdr,
      "first frame": range.start,
      "end frame": range.end,
      "input's bytes": bytes,
      "input's time": this.#isCopied ? null : mtime?.toISOString() ?? null,
      "input's hash": await hashOfEnds(path, bytes),
    };
  }

  /** What the JSON says of the file. */
  describe(): Readonly<Record<string, unknown>> {
    return describeInput({ type: "video", info: this.#source.info });
  }
}

/**
 * Probes a video.
 *
 * @param job The input and its results.
 * @param values The options.
 * @param run Who stops and follows the work, and whether the file was made for this run alone.
 * @returns Its frames.
 */
export async function openVideoSource(
  job: Job,
  values: Values,
  { isCopied, ...run }: Pick<ProbeTask, "signal" | "progress"> & { readonly isCopied: boolean },
): Promise<VideoSource> {
  return new VideoSource(await probeSource(job, { ...run, wanted: values }), values, isCopied);
}
