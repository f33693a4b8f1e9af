/** Bytes between the host and the GPU. */
import { bytesOf, sizeOf, type Tensor } from "../tensor.ts";
import { USAGE } from "./device.ts";
import { bufferOf } from "./dispatch.ts";
import { toHost } from "./host_array.ts";

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

/** One staging buffer for all tensors of a readback. */
export class Staging {
  #tensors: readonly Tensor[];
  #sizes: readonly number[];
  #buffer: GPUBuffer;

  constructor(device: GPUDevice, tensors: readonly Tensor[]) {
    this.#tensors = tensors;
    this.#sizes = tensors.map(({ shape, dtype }) =>
      Math.max(4, Math.ceil(bytesOf(shape, dtype) / 4) * 4)
    );
    this.#buffer = device.createBuffer({
      size: Math.max(4, this.#sizes.reduce((sum, size) => sum + size, 0)),
      usage: USAGE.MAP_READ | USAGE.COPY_DST,
    });
  }

  /** Records the copies out of the tensors. */
  encode(encoder: GPUCommandEncoder): void {
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

  /** Waits for the copies and gives the values, in the order of the tensors. */
  async values(): Promise<(Float32Array | Uint32Array | Int32Array)[]> {
    await this.#buffer.mapAsync(1);
    const bytes = this.#buffer.getMappedRange().slice(0);
    this.#buffer.unmap();
    let at = 0;
    return this.#tensors.map(({ shape, dtype }, index) => {
      const values = toHost(bytes, at, sizeOf(shape), dtype);
      at += this.#sizes[index] ?? 0;
      return values;
    });
  }

  /** Frees the staging buffer. */
  dispose(): void {
    this.#buffer.destroy();
  }
}
