/** How far submitted work is. */
import type { Gpu } from "./gpu.ts";

/**
 * Follows how far the work of a context is, until it is disposed; a context is followed once at a time.
 *
 * @param gpu The context.
 * @param onDone Told of each submission that is done, with the floating-point operations in it.
 * @returns Ends it.
 *
 * @example
 * ```ts
 * import { followWork, open, pointwise } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2], new Float32Array([1, 2]));
 * let flops = 0;
 * {
 *   using _following = followWork(gpu, (done) => flops += done);
 *   await gpu.read([pointwise("a * 2.0", { a: x })]);
 * }
 * console.log(`${flops} operations are done`);
 * ```
 */
export function followWork(
  { recorder, device, caps }: Gpu,
  onDone: (flops: number) => void,
): Disposable {
  const told = (flops: number) => {
    if (recorder.onSubmit === follower) onDone(flops);
  };
  // Processors work while they are given the work, and their promises wait for a turn of the event loop.
  const follower = caps.isCpu
    ? told
    : (flops: number) => void device.queue.onSubmittedWorkDone().then(() => told(flops), () => {});
  recorder.onSubmit = follower;
  return {
    [Symbol.dispose]: () => {
      if (recorder.onSubmit === follower) recorder.onSubmit = null;
    },
  };
}
