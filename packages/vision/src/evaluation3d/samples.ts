/** What evaluations of boxes in space compare: for each scan what is there and what was found. */
import type { Box3d } from "../boxes3d/box3d.ts";

/** A thing that is there. */
export interface TrueBox {
  /** Name of its class. */
  readonly name: string;
  /** Where it is. */
  readonly box: Box3d;
  /** Points of the scan that it reflected, where it is known. */
  readonly points?: number;
}

/** A thing that was found. */
export interface FoundBox {
  /** Name of its class. */
  readonly name: string;
  /** Where it is, in the frame of the true boxes. */
  readonly box: Box3d;
  /** The larger, the surer. */
  readonly score: number;
}

/** A scan. */
export interface EvaluationSample<
  Truth extends TrueBox = TrueBox,
  Found extends FoundBox = FoundBox,
> {
  /** What is there. */
  readonly truth: readonly Truth[];
  /** What was found. */
  readonly found: readonly Found[];
}
