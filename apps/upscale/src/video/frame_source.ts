import type {
  EncoderOptions,
  FrameDepth,
  RgbFrame,
  Samples,
  TimingSource,
  VideoInfo,
} from "@vicinity/media";
import type { ItemScope, VideoPlan, Warning } from "@vicinity/cli";
import type { CodedSource } from "../coding.ts";
import type { Settings } from "./resume/state.ts";

/** The frames of which a video is made, wherever they come from. */
export interface FrameSource extends Pick<VideoInfo, "sampleAspectRatio"> {
  /** Columns of every frame. */
  readonly width: number;
  /** Rows of every frame. */
  readonly height: number;
  /** Frames that are wanted. */
  readonly frames: number;
  /** What decides how a result is coded. */
  readonly coded: CodedSource;
  /**
   * Decodes some of them.
   *
   * @param range Which, by their places among those that are wanted, and who stops the work.
   * @returns The frames.
   */
  decode(range: SourceRange): SourceFrames;
  /** Prepares what gives a result its times, and what stands beside its pictures. */
  times(): Promise<SourceTimes>;
  /**
   * Tells whether there should have been more frames.
   *
   * @param decoded How many of those that are wanted there are.
   * @returns A warning; undefined where none is missing.
   */
  missing(decoded: number): Warning | undefined;
  /**
   * Says how a result will be written.
   *
   * @param target Its file.
   * @param options Settings of the encoder.
   * @returns What is decided about its streams.
   */
  plan(target: string, options: Partial<EncoderOptions>): VideoPlan;
  /** Collects what decides the frames, by names that people read when something differs. */
  settings(): Promise<Settings>;
  /** What the JSON says of the input. */
  describe(): Readonly<Record<string, unknown>>;
}

/** Some of the wanted frames. */
export interface SourceRange extends Pick<ItemScope, "signal"> {
  /** First frame. */
  readonly start: number;
  /** First frame after them. */
  readonly end: number;
  /** Bits of a sample that are wanted. */
  readonly depth: FrameDepth;
}

/** Frames in order, with what was noticed; complete once the iteration has ended. */
export interface SourceFrames extends AsyncGenerator<RgbFrame<Samples>, void, void> {
  /** What was noticed. */
  readonly warnings: readonly Warning[];
}

/** What gives a result its times; dispose it when the result is written. */
export interface SourceTimes extends AsyncDisposable {
  /** For the writer of the result. */
  readonly whole: TimingSource;
  /** What is odd, or could not be kept as it was. */
  readonly notes: readonly Warning[];
}
