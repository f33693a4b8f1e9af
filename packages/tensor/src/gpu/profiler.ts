/** Kernel times by timestamp queries, one pass a dispatch. */
import { USAGE } from "./device.ts";
import type { PreparedDispatch } from "./recorder.ts";

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

const CAPACITY = 4096;

/** Measures dispatches between `next` and `times`. */
export class Profiler {
  #device: GPUDevice;
  #queries: GPUQuerySet;
  #resolved: GPUBuffer;
  #staging: GPUBuffer;
  #labels: Pick<KernelTime, "label" | "flops" | "bytes">[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#queries = device.createQuerySet({ type: "timestamp", count: CAPACITY });
    this.#resolved = device.createBuffer({
      size: CAPACITY * 8,
      usage: USAGE.QUERY_RESOLVE | USAGE.COPY_SRC,
    });
    this.#staging = device.createBuffer({
      size: CAPACITY * 8,
      usage: USAGE.MAP_READ | USAGE.COPY_DST,
    });
  }

  /** Reserves two timestamps for a dispatch; undefined when the set is full. */
  next(command: PreparedDispatch): GPUComputePassTimestampWrites | undefined {
    const index = this.#labels.length * 2;
    if (index + 2 > CAPACITY) return undefined;
    this.#labels.push({ label: command.label, flops: command.flops, bytes: command.bytes });
    return {
      querySet: this.#queries,
      beginningOfPassWriteIndex: index,
      endOfPassWriteIndex: index + 1,
    };
  }

  /** Copies the timestamps taken so far to where they can be read. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = this.#labels.length * 2;
    if (count === 0) return;
    encoder.resolveQuerySet(this.#queries, 0, count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, count * 8);
  }

  /** Times of all dispatches in order, and starts over. */
  async times(): Promise<KernelTime[]> {
    if (this.#labels.length === 0) return [];
    await this.#staging.mapAsync(1, 0, this.#labels.length * 16);
    const stamps = new BigUint64Array(
      this.#staging.getMappedRange(0, this.#labels.length * 16).slice(0),
    );
    this.#staging.unmap();
    const times = this.#labels.map((label, index) => ({
      ...label,
      ns: Number((stamps[2 * index + 1] ?? 0n) - (stamps[2 * index] ?? 0n)),
    }));
    this.#labels = [];
    return times;
  }

  /** Frees the buffers. */
  dispose(): void {
    this.#queries.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}
