/** Buffers by size class, reused as soon as the commands that last used them are recorded. */
import { GpuLimitError, OutOfMemoryError } from "../errors.ts";
import { UNWRITTEN } from "../kernels/finite.ts";
import { type Caps, USAGE } from "./device.ts";

/** A GPU buffer that belongs to a pool. */
export interface PoolBuffer {
  /** Unique within the process; bind groups are cached by it. */
  readonly id: number;
  /** The WebGPU buffer. */
  readonly gpu: GPUBuffer;
  /** Its size, a size class. */
  readonly bytes: number;
}

/** Counters of a pool, in buffers and bytes. */
export interface PoolStats {
  /** Buffers handed out and not yet given back. */
  readonly liveBuffers: number;
  /** Bytes of them. */
  readonly liveBytes: number;
  /** Bytes kept for reuse. */
  readonly idleBytes: number;
  /** Largest sum of live and idle bytes so far. */
  readonly peakBytes: number;
}

const STORAGE_USAGE = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
const SMALLEST_CLASS = 256;

let nextId = 1;

/**
 * The next size class: 2^k or 1.5·2^k, at least 256 bytes.
 *
 * @param bytes Bytes needed.
 * @returns Bytes to allocate.
 */
export function sizeClass(bytes: number): number {
  let power = SMALLEST_CLASS;
  while (power < bytes) power *= 2;
  const between = power * 0.75;
  return between >= bytes && between >= SMALLEST_CLASS ? between : power;
}

/** What the pool needs from the owner of the queue. */
export interface PoolHooks {
  /** Submits recorded commands, so that buffers may be destroyed or overwritten. */
  flush(): void;
  /** Told the id of each buffer that is destroyed. */
  destroyed(id: number): void;
  /** Told when the driver had no memory for a buffer, which is after it was handed out. */
  refused(error: OutOfMemoryError): void;
}

/** A pool of storage buffers under a byte budget. */
export class BufferPool {
  #device: GPUDevice;
  #caps: Caps;
  #budget: number;
  #poison: boolean;
  #hooks: PoolHooks;
  #idle = new Map<number, PoolBuffer[]>();
  #live = new Set<PoolBuffer>();
  #checks = new Set<Promise<void>>();
  #liveBytes = 0;
  #idleBytes = 0;
  #peakBytes = 0;

  constructor(
    device: GPUDevice,
    caps: Caps,
    options: { budget: number; poison: boolean; hooks: PoolHooks },
  ) {
    this.#device = device;
    this.#caps = caps;
    this.#budget = options.budget;
    this.#poison = options.poison;
    this.#hooks = options.hooks;
  }

  /** Bytes that may be allocated in all. */
  get budget(): number {
    return this.#budget;
  }

  get stats(): PoolStats {
    return {
      liveBuffers: this.#live.size,
      liveBytes: this.#liveBytes,
      idleBytes: this.#idleBytes,
      peakBytes: this.#peakBytes,
    };
  }

  /** Whether a buffer is handed out and, as far as is known, has memory. */
  holds(buffer: PoolBuffer): boolean {
    return this.#live.has(buffer);
  }

  /** Resolves when the driver's verdict on all buffers so far is known. */
  async settled(): Promise<void> {
    await Promise.all(this.#checks);
  }

  /** Hands out a buffer of at least `bytes`. Its content is undefined. */
  take(bytes: number, exact = false): PoolBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#caps.limits;
    const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (bytes > limit) throw new GpuLimitError("a tensor of this many bytes", bytes, limit);
    const size = exact ? Math.ceil(bytes / 16) * 16 : Math.min(sizeClass(bytes), limit);
    const reused = this.#idle.get(size)?.pop();
    const buffer = reused ?? this.#create(size);
    if (reused) this.#idleBytes -= size;
    this.#live.add(buffer);
    this.#liveBytes += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#liveBytes + this.#idleBytes);
    if (reused && this.#poison) this.#fill(reused);
    return buffer;
  }

  /** Takes a buffer back; commands recorded before this call may still use it. */
  give(buffer: PoolBuffer): void {
    if (!this.#live.delete(buffer)) return;
    this.#liveBytes -= buffer.bytes;
    this.#idleBytes += buffer.bytes;
    const list = this.#idle.get(buffer.bytes);
    if (list) list.push(buffer);
    else this.#idle.set(buffer.bytes, [buffer]);
    this.#trim(this.#budget / 4);
  }

  /** Frees idle buffers until at most `keep` bytes of them are left, least recent class first. */
  #trim(keep: number): void {
    if (this.#idleBytes <= keep) return;
    this.#hooks.flush();
    for (const [size, list] of this.#idle) {
      while (this.#idleBytes > keep && list.length > 0) {
        const buffer = list.shift();
        if (buffer) this.#destroy(buffer);
        this.#idleBytes -= size;
      }
      if (list.length === 0) this.#idle.delete(size);
    }
  }

  /** Frees all idle buffers. */
  release(): void {
    this.#trim(0);
  }

  /** Frees everything, live buffers too. */
  dispose(): void {
    this.release();
    for (const buffer of this.#live) this.#destroy(buffer);
    this.#live.clear();
    this.#liveBytes = 0;
  }

  #create(size: number): PoolBuffer {
    if (this.#liveBytes + this.#idleBytes + size > this.#budget) this.release();
    if (this.#liveBytes + size > this.#budget) {
      throw new OutOfMemoryError(size, this.#liveBytes, this.#budget);
    }
    this.#device.pushErrorScope("out-of-memory");
    const gpu = this.#device.createBuffer({ size, usage: STORAGE_USAGE });
    const buffer = { id: nextId++, gpu, bytes: size };
    this.#check(buffer, this.#liveBytes + this.#idleBytes);
    return buffer;
  }

  #check(buffer: PoolBuffer, inUse: number): void {
    const check = this.#device.popErrorScope().then((error) => {
      if (!error) return;
      this.#drop(buffer);
      const { message } = error;
      this.#hooks.refused(new OutOfMemoryError(buffer.bytes, inUse, this.#budget, message));
    }).catch(() => {
      // The scope is lost with the device; the loss itself is reported by the context.
    }).finally(() => this.#checks.delete(check));
    this.#checks.add(check);
  }

  /** Forgets a buffer without memory, so that it is not handed out again. */
  #drop(buffer: PoolBuffer): void {
    const idle = this.#idle.get(buffer.bytes) ?? [];
    if (this.#live.delete(buffer)) this.#liveBytes -= buffer.bytes;
    else if (idle.includes(buffer)) {
      idle.splice(idle.indexOf(buffer), 1);
      this.#idleBytes -= buffer.bytes;
    }
    this.#destroy(buffer);
  }

  #destroy(buffer: PoolBuffer): void {
    buffer.gpu.destroy();
    this.#hooks.destroyed(buffer.id);
  }

  /** Stale reads show up in debug mode. */
  #fill(buffer: PoolBuffer): void {
    this.#hooks.flush();
    const chunk = new Uint32Array(Math.min(buffer.bytes, 1 << 20) / 4).fill(UNWRITTEN);
    for (let offset = 0; offset < buffer.bytes; offset += chunk.byteLength) {
      const words = Math.min(chunk.byteLength, buffer.bytes - offset) / 4;
      this.#device.queue.writeBuffer(buffer.gpu, offset, chunk, 0, words);
    }
  }
}
