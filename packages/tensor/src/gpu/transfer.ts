/** Bytes between the host and the GPU. */
import { bytesOf, sizeOf, type Tensor } from "../tensor.ts";
import { USAGE } from "./device.ts";
import { bufferOf } from "./dispatch.ts";
import { toHost } from "./host_array.ts";
import type { WaitClock } from "./wait_clock.ts";

/** One big write costs six times as much as small ones in Deno 2.9. */
const UPLOAD_CHUNK = 4 << 20;
/** wgpu keeps staging memory until a submission: let it go every 64 MiB. */
const UPLOAD_FLUSH = 64 << 20;

/**
 * Writes bytes to a buffer.
 *
 * @param device The device.
 * @param buffer Target.
 * @param offset First byte in the target, a multiple of 4.
 * @param bytes What to write, a multiple of 4 long.
 */
export function upload(
  device: GPUDevice,
  buffer: GPUBuffer,
  offset: number,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  for (let start = 0; start < bytes.byteLength; start += UPLOAD_CHUNK) {
    const size = Math.min(UPLOAD_CHUNK, bytes.byteLength - start);
    device.queue.writeBuffer(buffer, offset + start, bytes, start, size);
    if ((start + size) % UPLOAD_FLUSH === 0) device.queue.submit([]);
  }
}

/** The largest staging buffer that is kept for the next readback. */
const KEPT_STAGING = 64 << 20;

/** Gives staging buffers; the last one is used again, since the pages of a fresh one cost more than the copy. */
export class StagingBuffers {
  /** Counts the time that readbacks wait. */
  readonly waits: WaitClock;
  readonly #device: GPUDevice;
  #idle: GPUBuffer | undefined;

  constructor(device: GPUDevice, waits: WaitClock) {
    this.#device = device;
    this.waits = waits;
  }

  /** A buffer of at least so many bytes that can be mapped. */
  take(size: number): GPUBuffer {
    const idle = this.#idle;
    if (idle && idle.size >= size) {
      this.#idle = undefined;
      return idle;
    }
    return this.#device.createBuffer({ size, usage: USAGE.MAP_READ | USAGE.COPY_DST });
  }

  /** Takes a buffer back that is not mapped. */
  give(buffer: GPUBuffer): void {
    if (buffer.size > KEPT_STAGING || (this.#idle && this.#idle.size >= buffer.size)) {
      buffer.destroy();
      return;
    }
    this.#idle?.destroy();
    this.#idle = buffer;
  }

  /** Frees what is kept. */
  dispose(): void {
    this.#idle?.destroy();
    this.#idle = undefined;
  }
}

/** One staging buffer for all tensors of a readback. */
export class Staging {
  readonly #buffers: StagingBuffers;
  readonly #tensors: readonly Tensor[];
  readonly #sizes: readonly number[];
  readonly #bytes: number;
  readonly #buffer: GPUBuffer;

  constructor(buffers: StagingBuffers, tensors: readonly Tensor[]) {
    this.#buffers = buffers;
    this.#tensors = tensors;
    this.#sizes = tensors.map(({ shape, dtype }) =>
      Math.max(4, Math.ceil(bytesOf(shape, dtype) / 4) * 4)
    );
    this.#bytes = Math.max(4, this.#sizes.reduce((sum, size) => sum + size, 0));
    this.#buffer = buffers.take(this.#bytes);
  }

  /** Submits the copies out of the tensors; the staging ends if they cannot be recorded. */
  submit(flush: (extra: (encoder: GPUCommandEncoder) => void) => void): void {
    try {
      flush((encoder) => this.#encode(encoder));
    } catch (error) {
      this.#buffers.give(this.#buffer);
      throw error;
    }
  }

  #encode(encoder: GPUCommandEncoder): void {
    let at = 0;
    this.#tensors.forEach((tensor, index) => {
      const size = this.#sizes[index] ?? 0;
      encoder.copyBufferToBuffer(
        bufferOf(tensor.storage).gpu,
        tensor.offset,
        this.#buffer,
        at,
        size,
      );
      at += size;
    });
  }

  /** Waits for the copies and gives the values, in the order of the tensors; the staging ends. */
  async values(): Promise<(Float32Array | Uint32Array | Int32Array)[]> {
    try {
      await this.#buffers.waits.during(() => this.#buffer.mapAsync(1, 0, this.#bytes));
    } catch (error) {
      this.#buffer.destroy();
      throw error;
    }
    const bytes = this.#buffer.getMappedRange(0, this.#bytes).slice(0);
    this.#buffer.unmap();
    this.#buffers.give(this.#buffer);
    let at = 0;
    return this.#tensors.map(({ shape, dtype }, index) => {
      const values = toHost(bytes, at, sizeOf(shape), dtype);
      at += this.#sizes[index] ?? 0;
      return values;
    });
  }
}
