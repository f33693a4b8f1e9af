/** Kernel times by timestamp queries, one pass a dispatch. */
import { GpuError } from "../errors.ts";
import { USAGE } from "./device.ts";
import type { PreparedDispatch, Recorder } from "./recorder.ts";

/** Time of one dispatch. */
export interface KernelTime {
  /** Label of the kernel. */
  readonly label: string;
  /** Nanoseconds on the GPU. */
  readonly ns: number;
  /** Floating-point operations that the operation counts as. */
  readonly flops: number;
  /** Bytes that it must move at least. */
  readonly bytes: number;
}

/** What the dispatches of one label took together. */
export interface KernelTotal extends KernelTime {
  /** Number of dispatches. */
  readonly calls: number;
}

/**
 * Adds up the times of kernels by their labels.
 *
 * @param times Times of dispatches, or totals of earlier ones.
 * @returns One row a label, what took longest first.
 *
 * @example
 * ```ts
 * import { kernelTotals } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * const time = { label: "add", ns: 20, flops: 8, bytes: 96 };
 * const slow = { label: "gemm", ns: 50, flops: 900, bytes: 64 };
 * const totals = kernelTotals([time, slow, time]);
 * assert.deepEqual(totals.map(({ label, calls, ns }) => [label, calls, ns]), [
 *   ["gemm", 1, 50],
 *   ["add", 2, 40],
 * ]);
 * ```
 */
export function kernelTotals(
  times: Iterable<KernelTime & { readonly calls?: number }>,
): readonly KernelTotal[] {
  const kinds = Map.groupBy(times, ({ label }) => label);
  return Array.from(kinds, ([label, all]) => ({
    label,
    calls: all.reduce((sum, { calls = 1 }) => sum + calls, 0),
    ns: all.reduce((sum, { ns }) => sum + ns, 0),
    flops: all.reduce((sum, { flops }) => sum + flops, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
  })).sort((a, b) => b.ns - a.ns);
}

/** Timestamps of one query set, as many as WebGPU allows. */
const CAPACITY = 4096;

/** A query set and how its timestamps come to the host. */
class QueryChunk {
  readonly queries: GPUQuerySet;
  readonly labels: Omit<KernelTime, "ns">[] = [];
  #resolved: GPUBuffer;
  #staging: GPUBuffer;
  #resolvedCount = 0;

  constructor(device: GPUDevice) {
    this.queries = device.createQuerySet({ type: "timestamp", count: CAPACITY });
    this.#resolved = device.createBuffer({
      size: CAPACITY * 8,
      usage: USAGE.QUERY_RESOLVE | USAGE.COPY_SRC,
    });
    this.#staging = device.createBuffer({
      size: CAPACITY * 8,
      usage: USAGE.MAP_READ | USAGE.COPY_DST,
    });
  }

  /** A set whose timestamps have been copied is left alone: long runs have hundreds. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = this.labels.length * 2;
    if (count === this.#resolvedCount) return;
    this.#resolvedCount = count;
    encoder.resolveQuerySet(this.queries, 0, count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, count * 8);
  }

  async times(): Promise<KernelTime[]> {
    const bytes = this.labels.length * 16;
    await this.#staging.mapAsync(1, 0, bytes);
    const stamps = new BigUint64Array(this.#staging.getMappedRange(0, bytes).slice(0));
    this.#staging.unmap();
    return this.labels.map((label, index) => ({
      ...label,
      ns: Number((stamps[2 * index + 1] ?? 0n) - (stamps[2 * index] ?? 0n)),
    }));
  }

  dispose(): void {
    this.queries.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}

/** Measures dispatches between its making and `times`, however many there are. */
export class Profiler {
  #device: GPUDevice;
  #chunks: QueryChunk[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Reserves two timestamps for a dispatch. */
  next({ label, flops, bytes }: PreparedDispatch): GPUComputePassTimestampWrites {
    let chunk = this.#chunks.at(-1);
    if (!chunk || chunk.labels.length * 2 === CAPACITY) {
      chunk = new QueryChunk(this.#device);
      this.#chunks.push(chunk);
    }
    const index = chunk.labels.push({ label, flops, bytes }) * 2 - 2;
    return {
      querySet: chunk.queries,
      beginningOfPassWriteIndex: index,
      endOfPassWriteIndex: index + 1,
    };
  }

  /** Copies the timestamps taken so far to where they can be read. */
  resolve(encoder: GPUCommandEncoder): void {
    for (const chunk of this.#chunks) chunk.resolve(encoder);
  }

  /** Times of all dispatches in order; nothing may be resolved any more. */
  async times(): Promise<KernelTime[]> {
    return (await Promise.all(this.#chunks.map((chunk) => chunk.times()))).flat();
  }

  /** Frees the buffers. */
  dispose(): void {
    for (const chunk of this.#chunks) chunk.dispose();
  }
}

/**
 * Measures what a function records.
 *
 * @param device The device of the recorder.
 * @param recorder Where the function records.
 * @param run The function.
 * @returns Time of each dispatch.
 * @throws {GpuError} If another measurement on this recorder has not ended.
 */
export async function profile(
  device: GPUDevice,
  recorder: Recorder,
  run: () => void | Promise<void>,
): Promise<KernelTime[]> {
  if (recorder.profiler) {
    throw new GpuError(
      "profile",
      "Cannot profile: another profile of this context has not ended. Await it first.",
    );
  }
  recorder.flush();
  const profiler = new Profiler(device);
  recorder.profiler = profiler;
  try {
    // Work that others submit while the times are awaited must not write to a buffer being mapped.
    await recordInto(recorder, run);
    return await profiler.times();
  } finally {
    profiler.dispose();
  }
}

async function recordInto(recorder: Recorder, run: () => void | Promise<void>): Promise<void> {
  try {
    await run();
    recorder.flush();
  } finally {
    recorder.profiler = null;
  }
}
