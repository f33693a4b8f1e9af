import type { RgbFrame, Samples, VideoWriter } from "@vicinity/media";
import type { Warning } from "@vicinity/cli";
import { compare } from "../compare.ts";
import type { Enlarger } from "../engine.ts";
import type { Result } from "../products.ts";
import type { PreparedVideo } from "./video_task.ts";

/** Where enlarged frames go. */
export interface Sink {
  /** What is made of them. */
  readonly results: readonly Result[];
  /** Opens the file of a result. */
  readonly open: (result: Result) => Promise<VideoWriter>;
  /** White of letters over the frames, as a part of the largest sample. */
  readonly white: number;
  /** Stops the work. */
  readonly signal: AbortSignal;
  /** Told of each frame. */
  readonly onFrame: () => void;
  /** Throws when the files must not be finished with so many frames. */
  readonly accept: (frames: number) => void;
}

/** What came of some frames. */
export interface Written {
  /** How many there were. */
  readonly frames: number;
  /** What could not be written as it was. */
  readonly notes: readonly Warning[];
}

/**
 * Enlarges frames and writes them; where that fails, no file is left.
 *
 * @param engine The network.
 * @param frames Some frames of a video, in order.
 * @param video The video.
 * @param sink Where they go.
 * @returns What was written.
 */
export async function enlargeInto(
  engine: Enlarger,
  frames: AsyncIterable<RgbFrame<Samples>>,
  { source, size }: PreparedVideo,
  { results, open, white, onFrame, accept, signal }: Sink,
): Promise<Written> {
  await using stack = new AsyncDisposableStack();
  const writers: { readonly product: string; readonly writer: VideoWriter }[] = [];
  for (const result of results) {
    writers.push({ product: result.product, writer: stack.use(await open(result)) });
  }
  const originals: RgbFrame<Samples>[] = [];
  const compares = results.some(({ product }) => product === "compare");
  const remembered = compares ? remember(frames, originals) : frames;
  let done = 0;
  for await (const frame of engine.upscale(remembered, source, size, { signal })) {
    const original = originals.shift();
    for (const { product, writer } of writers) {
      const shown = product === "compare" && original ? compare(original, frame, white) : frame;
      await writer.write(shown.data);
    }
    onFrame();
    done++;
  }
  accept(done);
  for (const { writer } of writers) await writer.close();
  // What stands beside the pictures is the same in all results.
  return { frames: done, notes: writers[0]?.writer.notes ?? [] };
}

async function* remember(
  frames: AsyncIterable<RgbFrame<Samples>>,
  into: RgbFrame<Samples>[],
): AsyncGenerator<RgbFrame<Samples>, void, void> {
  for await (const frame of frames) {
    into.push(frame);
    yield frame;
  }
}
