/** Commands in order, encoded into few passes and submitted in one go. */
import { USAGE } from "./device.ts";
import type { Pipeline, PipelineCache } from "./pipelines.ts";
import type { PoolBuffer } from "./pool.ts";
import type { Profiler } from "./profiler.ts";
import type { WaitClock } from "./wait_clock.ts";

/** A stretch of a buffer as a kernel sees it. */
export interface BoundRange {
  readonly buffer: PoolBuffer;
  readonly offset: number;
  readonly size: number;
}

/** A dispatch with all objects made. */
export interface PreparedDispatch {
  readonly kind: "dispatch";
  readonly pipeline: Pipeline;
  readonly tensors: GPUBindGroup;
  readonly params: GPUBindGroup;
  readonly paramsOffset: number;
  readonly grid: readonly [number, number, number];
  readonly label: string;
  readonly flops: number;
  readonly bytes: number;
}

/** A copy between two buffers, offsets and size in bytes (multiples of 4). */
export interface CopyCommand {
  readonly kind: "copy";
  readonly from: PoolBuffer;
  readonly fromOffset: number;
  readonly to: PoolBuffer;
  readonly toOffset: number;
  readonly size: number;
}

/** Fills a stretch of a buffer with zeros. */
export interface ClearCommand {
  readonly kind: "clear";
  readonly buffer: PoolBuffer;
  readonly offset: number;
  readonly size: number;
}

/** Anything that the recorder can encode. */
export type Command = PreparedDispatch | CopyCommand | ClearCommand;

/** Bytes of one parameter slot: 64 words. */
export const PARAM_SLOT = 256;
const RING_SLOTS = 1024;
const MAX_CACHED_GROUPS = 2048;

/** Collects commands until they are submitted. */
export class Recorder {
  #device: GPUDevice;
  #pipelines: PipelineCache;
  #pending: Command[] = [];
  #pendingFlops = 0;
  #flushFlops: number;
  readonly #waits: WaitClock;
  #ring: GPUBuffer;
  #ringGroup: GPUBindGroup;
  #ringWords = new Uint32Array(RING_SLOTS * PARAM_SLOT / 4);
  #ringUsed = 0;
  #groups = new Map<string, { group: GPUBindGroup; ids: readonly number[] }>();
  profiler: Profiler | null = null;
  /** Number of submissions so far. */
  submits = 0;
  /** Told of each submission, with the floating-point operations in it and the milliseconds that it took. */
  onSubmit: ((flops: number, tookMs: number) => void) | null = null;

  /**
   * @param device The device.
   * @param pipelines Compiled kernels.
   * @param flushFlops Work after which it submits by itself.
   * @param waits Counts the time that submissions take.
   */
  constructor(
    device: GPUDevice,
    pipelines: PipelineCache,
    flushFlops: number,
    waits: WaitClock,
  ) {
    this.#waits = waits;
    this.#device = device;
    this.#pipelines = pipelines;
    this.#flushFlops = flushFlops;
    const ring = this.paramsBuffer(RING_SLOTS);
    this.#ring = ring.buffer;
    this.#ringGroup = ring.group;
  }

  /** A uniform buffer of parameter slots with its bind group. */
  paramsBuffer(slots: number): { buffer: GPUBuffer; group: GPUBindGroup } {
    const buffer = this.#device.createBuffer({
      size: slots * PARAM_SLOT,
      usage: USAGE.UNIFORM | USAGE.COPY_DST,
    });
    const group = this.#device.createBindGroup({
      layout: this.#pipelines.paramsLayout,
      entries: [{ binding: 0, resource: { buffer, size: PARAM_SLOT } }],
    });
    return { buffer, group };
  }

  /** Stores parameters in the ring and returns where. */
  params(words: Uint32Array): { group: GPUBindGroup; offset: number } {
    if (this.#ringUsed === RING_SLOTS) this.flush();
    const slot = this.#ringUsed++;
    this.#ringWords.set(words, slot * PARAM_SLOT / 4);
    return { group: this.#ringGroup, offset: slot * PARAM_SLOT };
  }

  /** The bind group of these ranges under a layout, cached by buffer identity. */
  bindGroup(pipeline: Pipeline, ranges: readonly BoundRange[]): GPUBindGroup {
    const key = pipeline.kernel.access +
      ranges.map(({ buffer, offset, size }) => `/${buffer.id}:${offset}:${size}`).join("");
    const cached = this.#groups.get(key);
    if (cached) return cached.group;
    const group = this.#device.createBindGroup({
      label: pipeline.kernel.label,
      layout: pipeline.layout,
      entries: ranges.map(({ buffer, offset, size }, binding) => ({
        binding,
        resource: { buffer: buffer.gpu, offset, size },
      })),
    });
    if (this.#groups.size >= MAX_CACHED_GROUPS) {
      for (const oldest of this.#groups.keys()) {
        this.#groups.delete(oldest);
        break;
      }
    }
    this.#groups.set(key, { group, ids: ranges.map(({ buffer }) => buffer.id) });
    return group;
  }

  /** Forgets the bind groups of a destroyed buffer. */
  forget(bufferId: number): void {
    for (const [key, { ids }] of this.#groups) {
      if (ids.includes(bufferId)) this.#groups.delete(key);
    }
  }

  /** Adds a command; submits when enough work has come together. */
  add(command: Command): void {
    this.#pending.push(command);
    if (command.kind === "dispatch") this.#pendingFlops += command.flops;
    if (this.#pendingFlops > this.#flushFlops || this.#pending.length >= RING_SLOTS) this.flush();
  }

  /**
   * Encodes and submits everything recorded so far, then `extra` in the same submission. What was
   * recorded is taken out first and submitted even if `extra` throws: an error is seen once, and does
   * not come back at every later flush.
   */
  flush(extra?: (encoder: GPUCommandEncoder) => void): void {
    if (this.#pending.length === 0 && !extra) return;
    const flops = this.#pendingFlops;
    const commands = this.#takePending();
    const encoder = this.#device.createCommandEncoder();
    this.#encode(encoder, commands);
    try {
      extra?.(encoder);
    } finally {
      const work = encoder.finish();
      this.#waits.blocking(() => {
        const start = performance.now();
        this.#device.queue.submit([work]);
        this.submits++;
        this.onSubmit?.(flops, performance.now() - start);
      });
    }
  }

  /** The recorded commands, their parameters written to the ring. */
  #takePending(): readonly Command[] {
    const commands = this.#pending;
    const words = this.#ringUsed * PARAM_SLOT / 4;
    this.#pending = [];
    this.#pendingFlops = 0;
    this.#ringUsed = 0;
    if (words > 0) this.#device.queue.writeBuffer(this.#ring, 0, this.#ringWords, 0, words);
    return commands;
  }

  #encode(encoder: GPUCommandEncoder, commands: readonly Command[]): void {
    let pass: GPUComputePassEncoder | null = null;
    for (const command of commands) {
      if (command.kind === "dispatch") {
        const timing = this.profiler?.next(command);
        if (timing) {
          pass?.end();
          pass = encoder.beginComputePass({ timestampWrites: timing });
        }
        pass ??= encoder.beginComputePass();
        dispatch(pass, command);
        continue;
      }
      pass?.end();
      pass = null;
      if (command.kind === "clear") {
        encoder.clearBuffer(command.buffer.gpu, command.offset, command.size);
      } else {
        const { from, fromOffset, to, toOffset, size } = command;
        encoder.copyBufferToBuffer(from.gpu, fromOffset, to.gpu, toOffset, size);
      }
    }
    pass?.end();
    this.profiler?.resolve(encoder);
  }

  /** Frees what the recorder owns. */
  dispose(): void {
    this.#pending = [];
    this.#groups.clear();
    this.#ring.destroy();
  }
}

function dispatch(pass: GPUComputePassEncoder, command: PreparedDispatch): void {
  pass.setPipeline(command.pipeline.gpu);
  pass.setBindGroup(0, command.tensors);
  pass.setBindGroup(1, command.params, [command.paramsOffset]);
  pass.dispatchWorkgroups(command.grid[0], command.grid[1], command.grid[2]);
}
