/** How work on large inputs is cut so that it fits into memory, told before it begins. */

/** Memory that work may use. */
export interface Room {
  /** Bytes of all tensors together. */
  readonly budgetBytes: number;
  /** Bytes of the largest tensor. */
  readonly bindingBytes: number;
}

/** Frames that are to be enlarged. */
export interface FramesToEnlarge {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Number of frames if it is known; 1 for a picture. */
  readonly frames?: number | undefined;
  /** Target over source size. */
  readonly scale?: number | undefined;
  /** Side of tiles in target pixels; 0 for the whole frame in one pass. */
  readonly tile?: number | undefined;
  /** Frames that are looked at together; as many as the network was trained on when absent. */
  readonly window?: number | undefined;
}

/** How frames are enlarged. */
export interface WorkPlan {
  /** What is worked on by itself, in source pixels with what it sees around it; the whole frame is one. */
  readonly tiles: readonly { readonly width: number; readonly height: number }[];
  /** Frames that are looked at together; 0 for a whole scene. */
  readonly window: number;
  /** Frames that are computed together. */
  readonly chunk: number;
  /** About how much memory that takes beside the weights. */
  readonly memoryBytes: number;
}

/** Plans the work on frames, without a GPU. */
export type Planner = (room: Room, frames: FramesToEnlarge) => WorkPlan;
