/** The way in: a context on the best adapter. */
import { acquire, type AcquireOptions } from "./device.ts";
import { Gpu } from "./gpu.ts";
import type { CompileProgress } from "../plan/plan.ts";
import type { PoolStats } from "./pool.ts";
import { choicesFor, type Tuning } from "../tune/tuning.ts";

/** Options for opening a context. */
export interface OpenOptions extends AcquireOptions {
  /**
   * Bytes of GPU memory that may be used; 4 GiB when absent, as WebGPU does not tell what is free, and
   * on CPU adapters at most half of {@link OpenOptions.hostBytes}.
   */
  readonly budgetBytes?: number;
  /** Bytes of memory of the machine, for who may ask the system. */
  readonly hostBytes?: number;
  /**
   * Longest time in milliseconds of a kernel call on a card of 0.5 TFLOP/s, 200 when absent: longer ones
   * are cut where their grids allow it, and work is submitted in proportion. Less is for drivers that
   * take the device away from who keeps it for long.
   */
  readonly maxDispatchMs?: number;
  /** Measured kernel choices, see `parseTuning`; they count only on the adapter of their name. */
  readonly tuning?: Pick<Tuning, "adapter" | "choices">;
  /** Called after each pipeline that a plan compiles when it is first run. */
  readonly onCompile?: (progress: CompileProgress) => void;
  /**
   * Run operation by operation, and let a read name the first whose result is NaN or infinite. Memory
   * is filled with NaN before it is used again, so that reads of stale data show up too.
   */
  readonly debug?: boolean;
}

/** Counters of a context. */
export interface GpuStats extends PoolStats {
  /** Compiled pipelines. */
  readonly pipelines: number;
  /** Milliseconds spent on compiling them. */
  readonly compileMs: number;
  /** Milliseconds in which reads waited for the GPU; those at the same time count once. */
  readonly waitMs: number;
  /** Submissions so far. */
  readonly submits: number;
}

/**
 * Opens a GPU context.
 *
 * @param options Adapter preference, memory budget, debug mode.
 * @returns The context; dispose it with `using` or {@link Gpu.dispose}.
 * @throws {GpuUnavailableError} If there is no WebGPU adapter.
 *
 * @example
 * ```ts
 * import { open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const x = gpu.tensor([2, 2], new Float32Array([1, 2, 3, 4]));
 * const [values] = await gpu.read([x]);
 * console.assert(values?.[3] === 4);
 * ```
 */
export async function open(options: OpenOptions = {}): Promise<Gpu> {
  const { device, caps } = await acquire(options);
  const tuned = choicesFor(caps, options.tuning);
  return new Gpu(device, { ...caps, tuned }, options);
}
