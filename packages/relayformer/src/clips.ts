/** Cutting a stream of frames into clips without ever holding more than two of them. */

/** Frames that the network looks at together. */
export interface Clip<Frame> {
  /** As many frames as a clip has. */
  readonly frames: readonly Frame[];
  /** First of them whose result is not known from an earlier clip. */
  readonly first: number;
  /** How many results to take from there. */
  readonly count: number;
}

/**
 * Cuts frames into clips one after the other, so that every frame is in one. Of the last frames, where
 * they are fewer than a clip, the clip is made of the last frames there are; of a stream that is
 * shorter than a clip, the last frame is repeated, as the authors' script does.
 *
 * @param frames The stream.
 * @param length Frames of a clip.
 * @returns Clips in order.
 *
 * @example
 * ```ts
 * import { clipsOf } from "@vicinity/relayformer";
 * import assert from "node:assert/strict";
 *
 * async function* count() {
 *   yield* [0, 1, 2, 3, 4, 5];
 * }
 * const clips = await Array.fromAsync(clipsOf(count(), 4));
 * assert.deepEqual(clips[1], { frames: [2, 3, 4, 5], first: 2, count: 2 });
 * ```
 */
export async function* clipsOf<Frame>(
  frames: AsyncIterable<Frame> | Iterable<Frame>,
  length: number,
): AsyncGenerator<Clip<Frame>> {
  let before: readonly Frame[] = [];
  let open: Frame[] = [];
  for await (const frame of frames) {
    open.push(frame);
    if (open.length < length) continue;
    yield { frames: open, first: 0, count: length };
    [before, open] = [open, []];
  }
  const count = open.length;
  const last = open.at(-1);
  if (last === undefined) return;
  if (before.length > 0) {
    yield { frames: [...before, ...open].slice(-length), first: length - count, count };
    return;
  }
  while (open.length < length) open.push(last);
  yield { frames: open, first: 0, count };
}
