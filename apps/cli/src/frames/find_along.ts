/** Results of some frames of a video brought to all of them, with as few frames held as there must be. */
import type { RgbFrame } from "@vicinity/media";
import type { ModelFor, Task } from "../packages.ts";
import type { Analyst, LookRequest } from "./analyst.ts";
import type { PhotoSize } from "./look_plan.ts";

/** A frame and what was found in it, or in the last one before it that was looked at. */
export interface FoundFrame<Frame, Found> {
  /** The frame. */
  readonly frame: Frame;
  /** What was found. */
  readonly found: Found;
}

/**
 * Looks at every n-th frame of a stream and repeats what was found for those between.
 *
 * @param frames All frames.
 * @param look Gives one result for each frame that it draws, in order; it may draw some ahead, and
 * those are held until their results are there.
 * @param every n.
 * @returns All frames in order, with results.
 */
export async function* findAlong<Frame extends RgbFrame, Found>(
  frames: AsyncIterable<Frame>,
  look: (chosen: AsyncIterable<Frame>) => AsyncIterable<Found>,
  every: number,
): AsyncGenerator<FoundFrame<Frame, Found>> {
  const held: { readonly frame: Frame; readonly chosen: boolean }[] = [];
  async function* choose(): AsyncGenerator<Frame> {
    let index = 0;
    for await (const frame of frames) {
      const chosen = index++ % every === 0;
      held.push({ frame, chosen });
      if (chosen) yield frame;
    }
  }
  let last: { readonly found: Found } | undefined;
  for await (const found of look(choose())) {
    // Frames before the next chosen one still show the last result.
    while (last !== undefined && held[0]?.chosen === false) {
      yield { frame: held.shift()?.frame ?? missing(), found: last.found };
    }
    yield { frame: held.shift()?.frame ?? missing(), found };
    last = { found };
  }
  for (const { frame } of held) if (last !== undefined) yield { frame, found: last.found };
}

/**
 * Looks at each frame by itself.
 *
 * @param analyst Who looks.
 * @param model With what.
 * @param frames The frames.
 * @param wanted What is asked for.
 * @returns One result a frame.
 */
export async function* lookAtEach<T extends Task, Found>(
  analyst: Analyst<T, Found>,
  model: ModelFor<T>,
  frames: AsyncIterable<RgbFrame>,
  wanted: LookRequest,
): AsyncGenerator<Found> {
  for await (const frame of frames) yield await analyst.look(model, frame, wanted);
}

/**
 * Looks at black pictures of some size.
 *
 * @param analyst What looks.
 * @param model The model.
 * @param shape Size of the pictures, and of a video how many there are.
 * @param wanted What is wanted of them.
 */
export async function rehearseLook<T extends Task, Found>(
  analyst: Analyst<T, Found>,
  model: ModelFor<T>,
  { width, height, frames }: PhotoSize & { readonly frames: number | undefined },
  wanted: LookRequest,
): Promise<void> {
  const black = { width, height, data: new Uint8Array(width * height * 3) };
  if (frames === undefined) {
    await analyst.look(model, black, wanted);
    return;
  }
  const video = ReadableStream.from(Array<RgbFrame>(frames).fill(black));
  const looks = analyst.lookAlong?.(model, video, wanted) ??
    lookAtEach(analyst, model, video, wanted);
  for await (const _found of looks) {
    // What is found in black pictures by a network of zeros is of no use.
  }
}

function missing(): never {
  throw new TypeError("Cannot show a result: it is of no frame that was drawn.");
}
