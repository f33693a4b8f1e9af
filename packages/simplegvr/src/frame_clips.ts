/** Frames on their way in: checked, and in groups that are worked on together. */
import { bitsOf, type Samples, ShapeError } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { SceneCuts } from "./scene_cuts.ts";

/** A frame of 8 or of 16 bits. */
export type Frame = RgbPicture<Samples>;

/** Frames in order. */
export type Frames = Iterable<Frame> | AsyncIterable<Frame>;

/** What all frames have in common, and who stops the work. */
export interface FrameRules {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Stops between frames. */
  readonly signal?: AbortSignal | undefined;
}

/** Refuses frames that do not belong together; gives the same frames. */
async function* checkedFrames(
  frames: Frames,
  { width, height, signal }: FrameRules,
): AsyncGenerator<Frame, void, void> {
  let bits: number | undefined;
  for await (const frame of frames) {
    signal?.throwIfAborted();
    if (frame.width !== width || frame.height !== height) {
      throw new ShapeError(
        `Cannot take a frame of ${frame.width} × ${frame.height} in a clip of ${width} × ${height}: ` +
          "all frames of a clip have one size.",
      );
    }
    const own = bitsOf(frame.data);
    bits ??= own;
    if (own !== bits) {
      throw new ShapeError(
        `Cannot take a frame of ${own} bits in a clip of ${bits}: all frames of a clip have samples ` +
          "of as many bits.",
      );
    }
    yield frame;
  }
}

/** Frames of one scene that are worked on together. */
export interface Segment {
  /** The frames. */
  readonly frames: readonly Frame[];
  /** Whether what follows knows nothing of them. */
  readonly ends: boolean;
}

/** How frames are grouped. */
export interface SegmentRules extends FrameRules {
  /** Whether every segment is a clip of its own; else only scenes are. */
  readonly areClips: boolean;
  /** The most frames of a segment, asked for each frame. */
  readonly length: () => number;
}

/**
 * Groups frames into segments of one scene each.
 *
 * @param frames Frames.
 * @param rules What the frames have in common, and how long segments are.
 * @returns The segments in order.
 * @throws {ShapeError} If a frame has another size than announced, or other bits than the first.
 */
export async function* segmentsOf(
  frames: Frames,
  { areClips, length, ...rules }: SegmentRules,
): AsyncGenerator<Segment, void, void> {
  const cuts = new SceneCuts();
  let segment: Frame[] = [];
  for await (const frame of checkedFrames(frames, rules)) {
    const starts = cuts.startsScene(frame);
    if (segment.length > 0 && (starts || segment.length >= length())) {
      yield { frames: segment, ends: starts || areClips };
      segment = [];
    }
    segment.push(frame);
    // Only of a scene has to be known whether it goes on.
    if (areClips && segment.length >= length()) {
      yield { frames: segment, ends: true };
      segment = [];
    }
  }
  if (segment.length > 0) yield { frames: segment, ends: true };
}
