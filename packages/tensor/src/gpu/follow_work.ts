/**
 * How far submitted work is.
 *
 * Browsers give a promise that is kept when the work is done. Deno waits for the work before it gives the
 * promise, and turns to promises only when nothing else is to do: there the call itself says that the work
 * is done. Meanwhile nothing is recorded, and a GPU that is done has nothing to do until it is given more;
 * so that is asked for only a few times a second, and not at all of drivers that take work only when they
 * are done with what they had, as llvmpipe does.
 */
import type { Gpu } from "./gpu.ts";

/** A call that waits for nothing takes less. */
const BLOCKED_MS = 1;
/** Milliseconds between two questions that are waited for. */
const PERIOD_MS = 200;
/** How many times more work than before is done until the next one, at most: a rate may be a chance. */
const MOST_GROWTH = 8;

/**
 * Follows how far the work of a context is, until it is disposed; a context is followed once at a time.
 *
 * @param gpu The context.
 * @param onDone Told of submissions that are done, with the floating-point operations in them; the last of
 *   them may be left out.
 * @returns Ends it.
 *
 * @example
 * ```ts
 * import { followWork, matmul, open } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
 * let flops = 0;
 * {
 *   using _following = followWork(gpu, (done) => flops += done);
 *   const y = matmul(x, x);
 *   gpu.flush();
 *   await gpu.read([y]);
 * }
 * assert.equal(flops, 16);
 * ```
 */
export function followWork(
  { recorder, device, caps }: Gpu,
  onDone: (flops: number) => void,
): Disposable {
  let [pending, queued, enough, toldMs] = [0, 0, 0, performance.now()];
  const tell = (flops: number) => {
    if (recorder.onSubmit === follower) onDone(flops);
  };
  const ask = () => {
    const [submitted, askedMs] = [pending, performance.now()];
    pending = 0;
    const done = device.queue.onSubmittedWorkDone();
    const nowMs = performance.now();
    if (nowMs - askedMs < BLOCKED_MS) {
      // A device that is lost says so to who reads from it.
      void done.then(() => tell(submitted), () => {});
      return;
    }
    done.catch(() => {});
    enough = submitted * Math.min(MOST_GROWTH, PERIOD_MS / (nowMs - toldMs));
    [queued, toldMs] = [0, nowMs];
    tell(submitted);
  };
  const follower = (flops: number, tookMs: number) => {
    queued++;
    if (caps.isCpu && tookMs >= BLOCKED_MS) {
      if (pending > 0) tell(pending);
      [pending, queued] = [flops, 1];
      return;
    }
    pending += flops;
    // Any driver takes the first submission at once.
    if (pending > 0 && pending >= enough && (queued > 1 || !caps.isCpu)) ask();
  };
  recorder.onSubmit = follower;
  return {
    [Symbol.dispose]: () => {
      if (recorder.onSubmit === follower) recorder.onSubmit = null;
    },
  };
}
