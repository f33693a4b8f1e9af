/** The context: one device with its pool, pipelines and recorder. No globals. */
import { DeviceLostError, GpuError, GpuLimitError, ShapeError } from "../errors.ts";
import { bytesOf, type DType, sizeOf, type Storage, type Tensor } from "../tensor.ts";
import type { Kernel } from "../wgsl/kernel.ts";
import { acquire, type AcquireOptions, type Caps, USAGE } from "./device.ts";
import { PipelineCache } from "./pipelines.ts";
import { BufferPool, type PoolStats } from "./pool.ts";
import { type KernelTime, Profiler } from "./profiler.ts";
import { Recorder } from "./recorder.ts";
import { type HostArray, hostBytes, toHost } from "./host_array.ts";
import { Plan, type PlanOptions, type PlanTensors } from "../plan/plan.ts";
import { type TracedCommand, type Tracer } from "../plan/trace.ts";
import { SlotArena } from "../plan/arena.ts";

/** Options of {@link open}. */
export interface OpenOptions extends AcquireOptions {
  /** Bytes of GPU memory that may be used; a default fits the adapter. */
  readonly budgetBytes?: number;
  /** Fill reused memory with NaN, so that reads of stale data show up. */
  readonly debug?: boolean;
}

/** A kernel call: what to run over which tensors. */
export interface Dispatch {
  readonly kernel: Kernel;
  /** Tensors in binding order. */
  readonly tensors: readonly Tensor[];
  /** Values of the kernel's parameters in order. */
  readonly params?: readonly number[];
  /** Workgroups along x, y, z. */
  readonly grid: readonly [number, number, number];
  /** Name in profiles; the kernel's label when absent. */
  readonly label?: string;
  /** Floating-point operations of the mathematical operation. */
  readonly flops?: number;
  /** Loop iterations of one invocation over all its loops. */
  readonly iterations?: number;
}

/** Counters of a context. */
export interface GpuStats extends PoolStats {
  /** Compiled pipelines. */
  readonly pipelines: number;
  /** Submissions so far. */
  readonly submits: number;
}

const MAX_GROUPS = 65535;
/** llvmpipe silently stops after 65535 loop iterations an invocation. */
const MAX_CPU_ITERATIONS = 60000;
/** About 20 ms of work between submissions, so that the device starts early. */
const FLUSH_FLOPS = { cpu: 5e8, gpu: 2e10 };
const DEFAULT_BUDGET = { cpu: 4 * 2 ** 30, gpu: 4 * 2 ** 30 };
/** wgpu keeps staging memory until a submission: let it go every 64 MiB. */
const UPLOAD_CHUNK = 4 << 20;
const UPLOAD_FLUSH = 64 << 20;

let nextStorageId = 1;

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
  return new Gpu(device, caps, options);
}

/** One device and everything that lives on it. */
export class Gpu {
  /** Facts about the adapter, read by kernel choice. */
  readonly caps: Caps;
  /** The WebGPU device. */
  readonly device: GPUDevice;
  /** Memory shared by all plans of this context. */
  readonly arena: SlotArena;
  #pool: BufferPool;
  #pipelines: PipelineCache;
  #recorder: Recorder;
  #kernels = new Map<string, Kernel>();
  #scopes: Scope[] = [];
  #tracer: Tracer | null = null;
  #firstError: Error | null = null;
  #lost: string | null = null;
  #disposed = false;
  #debug: boolean;

  /** Use {@link open}. */
  constructor(device: GPUDevice, caps: Caps, options: OpenOptions) {
    const kind = caps.isCpu ? "cpu" : "gpu";
    this.device = device;
    this.caps = caps;
    this.#debug = options.debug ?? false;
    this.#pipelines = new PipelineCache(device, caps, (error) => this.#firstError ??= error);
    this.#recorder = new Recorder(device, this.#pipelines, FLUSH_FLOPS[kind]);
    this.#pool = new BufferPool(device, caps, {
      budget: options.budgetBytes ?? DEFAULT_BUDGET[kind],
      poison: this.#debug,
      hooks: {
        flush: () => this.#recorder.flush(),
        destroyed: (id) => this.#recorder.forget(id),
      },
    });
    this.arena = new SlotArena(this.#pool);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { message } = (event as GPUUncapturedErrorEvent).error;
      this.#firstError ??= new GpuError("queue", `Cannot run recorded work: ${message}`);
    });
    device.lost.then(({ message }) => this.#lost = message || "the driver gave no reason");
  }

  /** Counters: live buffers and bytes, pipelines, submissions. */
  get stats(): GpuStats {
    return {
      ...this.#pool.stats,
      pipelines: this.#pipelines.size,
      submits: this.#recorder.submits,
    };
  }

  /** Bytes of GPU memory that this context may use. */
  get budgetBytes(): number {
    return this.#pool.budget;
  }

  /**
   * A kernel by the name of its family and its spec, built once. Structural constants belong into
   * the spec; extents that change from call to call belong into parameters.
   *
   * @param family Name of the kernel family.
   * @param spec Plain data that decides the text.
   * @param build Makes the kernel from the spec.
   * @returns The kernel.
   */
  kernel<Spec>(family: string, spec: Spec, build: (spec: Spec) => Kernel): Kernel {
    const key = `${family}:${JSON.stringify(spec)}`;
    const cached = this.#kernels.get(key);
    if (cached) return cached;
    const made = build(spec);
    this.#kernels.set(key, made);
    return made;
  }

  /**
   * A tensor with undefined content, owned by the innermost scope if there is one.
   *
   * @param shape Extents.
   * @param dtype Element type.
   * @returns The tensor.
   */
  empty(shape: readonly number[], dtype: DType = "f32"): Tensor {
    this.#checkAlive();
    if (shape.some((extent) => !Number.isInteger(extent) || extent < 0)) {
      throw new ShapeError(`Cannot make a tensor of shape [${shape}]: extents are whole numbers.`);
    }
    const bytes = Math.max(16, Math.ceil(bytesOf(shape, dtype) / 16) * 16);
    const id = nextStorageId++;
    const storage: Storage = this.#tracer
      ? this.#tracer.allocate({ id, bytes, buffer: null })
      : { id, bytes, buffer: this.#pool.take(bytes) };
    const tensor = { gpu: this, shape: [...shape], dtype, storage, offset: 0 };
    if (!this.#tracer) this.#scopes.at(-1)?.own(tensor);
    return tensor;
  }

  /**
   * A tensor with values from the host.
   *
   * @param shape Extents.
   * @param data As many values as the shape has elements.
   * @param dtype Element type; from the array's type when absent.
   * @returns The tensor.
   */
  tensor(shape: readonly number[], data: HostArray, dtype?: DType): Tensor {
    if (this.#tracer) {
      throw new ShapeError("Cannot upload inside a plan: make constants before, or pass an input.");
    }
    const tensor = this.empty(shape, dtype ?? defaultDType(data));
    this.write(tensor, data);
    return tensor;
  }

  /**
   * Overwrites a tensor with values from the host.
   *
   * @param target The tensor.
   * @param data As many values as it has elements.
   */
  write(target: Tensor, data: HostArray): void {
    this.#checkAlive();
    if (data.length !== sizeOf(target.shape)) {
      throw new ShapeError(
        `Cannot upload ${data.length} values to a tensor of shape [${target.shape}]: ${
          sizeOf(target.shape)
        } expected.`,
      );
    }
    const buffer = target.storage.buffer;
    if (!buffer) throw new ShapeError("Cannot upload to a tensor of a plan that is being traced.");
    // The queue would write before commands that are recorded but not yet submitted.
    this.#recorder.flush();
    const bytes = hostBytes(data, target.dtype);
    for (let start = 0; start < bytes.byteLength; start += UPLOAD_CHUNK) {
      const size = Math.min(UPLOAD_CHUNK, bytes.byteLength - start);
      this.device.queue.writeBuffer(buffer.gpu, target.offset + start, bytes, start, size);
      if ((start + size) % UPLOAD_FLUSH === 0) this.device.queue.submit([]);
    }
  }

  /**
   * Frees a tensor's memory. Views of it must not be used any more.
   *
   * @param tensor A tensor made by this context outside a plan.
   */
  free(tensor: Tensor): void {
    const { storage } = tensor;
    if (!storage.buffer || this.#tracer?.owns(storage)) return;
    this.#pool.give(storage.buffer);
    storage.buffer = null;
  }

  /**
   * A scope that frees the tensors made inside it when it ends.
   *
   * @returns The scope; declare it with `using`.
   */
  scope(): Scope {
    const scope = new Scope(this, (ended) => {
      this.#scopes = this.#scopes.filter((open) => open !== ended);
    }, this.#scopes.at(-1) ?? null);
    this.#scopes.push(scope);
    return scope;
  }

  /**
   * Records one kernel call.
   *
   * @param call The kernel, its tensors, parameters and grid.
   */
  dispatch(call: Dispatch): void {
    this.#checkAlive();
    const { kernel, grid } = call;
    if (grid.some((extent) => extent === 0)) return;
    if (grid.some((extent) => extent > MAX_GROUPS)) {
      throw new GpuLimitError(`${kernel.label} with this grid`, Math.max(...grid), MAX_GROUPS);
    }
    if (this.caps.isCpu && (call.iterations ?? 0) > MAX_CPU_ITERATIONS) {
      throw new GpuLimitError(
        `${kernel.label} with this loop count on a CPU adapter`,
        call.iterations ?? 0,
        MAX_CPU_ITERATIONS,
      );
    }
    const command: TracedCommand = {
      kind: "dispatch",
      kernel,
      ranges: call.tensors.map(({ storage, offset, shape, dtype }) => ({
        storage,
        offset,
        size: Math.max(4, Math.ceil(bytesOf(shape, dtype) / 4) * 4),
      })),
      params: encodeParams(kernel, call.params ?? []),
      grid,
      label: call.label ?? kernel.label,
      flops: call.flops ?? 0,
    };
    if (this.#tracer) this.#tracer.record(command);
    else this.#recorder.add(this.prepare(command, null));
    if (this.#debug && !this.#tracer) this.#recorder.flush();
  }

  /** Turns a traced command into one with all WebGPU objects. For plans. */
  prepare(
    command: TracedCommand,
    params: { group: GPUBindGroup; offset: number } | null,
  ): Parameters<Recorder["add"]>[0] {
    if (command.kind === "copy") {
      const { from, to } = command;
      return { ...command, from: bufferOf(from), to: bufferOf(to) };
    }
    if (command.kind === "clear") return { ...command, buffer: bufferOf(command.storage) };
    const pipeline = this.#pipelines.get(command.kernel);
    const slot = params ?? this.#recorder.params(command.params);
    return {
      kind: "dispatch",
      pipeline,
      tensors: this.#recorder.bindGroup(
        pipeline,
        command.ranges.map(({ storage, offset, size }) => ({
          buffer: bufferOf(storage),
          offset,
          size,
        })),
      ),
      params: slot.group,
      paramsOffset: slot.offset,
      grid: command.grid,
      label: command.label,
      flops: command.flops,
      bytes: command.ranges.reduce((sum, { size }) => sum + size, 0),
    };
  }

  /** The recorder. For plans. */
  get recorder(): Recorder {
    return this.#recorder;
  }

  /** The buffer pool. For plans. */
  get pool(): BufferPool {
    return this.#pool;
  }

  /**
   * Copies bytes between tensors of the same dtype.
   *
   * @param from Source.
   * @param to Target; must not share storage with the source.
   * @param range Element offsets and count; everything when absent.
   */
  copy(
    from: Tensor,
    to: Tensor,
    range: { fromStart?: number; toStart?: number; count?: number } = {},
  ): void {
    const width = bytesOf([1], from.dtype);
    const count = range.count ?? sizeOf(from.shape);
    const command: TracedCommand = {
      kind: "copy",
      from: from.storage,
      fromOffset: from.offset + (range.fromStart ?? 0) * width,
      to: to.storage,
      toOffset: to.offset + (range.toStart ?? 0) * width,
      size: count * width,
    };
    if (command.size === 0) return;
    if ((command.size | command.fromOffset | command.toOffset) % 4 !== 0) {
      throw new ShapeError(`Cannot copy ${count} elements of ${from.dtype}: not whole words.`);
    }
    if (this.#tracer) this.#tracer.record(command);
    else this.#recorder.add(this.prepare(command, null));
  }

  /**
   * Fills a tensor with zeros.
   *
   * @param target The tensor.
   */
  clear(target: Tensor): void {
    const size = Math.ceil(bytesOf(target.shape, target.dtype) / 4) * 4;
    if (size === 0) return;
    const command: TracedCommand = {
      kind: "clear",
      storage: target.storage,
      offset: target.offset,
      size,
    };
    if (this.#tracer) this.#tracer.record(command);
    else this.#recorder.add(this.prepare(command, null));
  }

  /** Submits recorded work without waiting for it. */
  flush(): void {
    this.#checkAlive();
    this.#recorder.flush();
  }

  /**
   * Brings tensors to the host: one submission and one wait for all of them.
   *
   * @param tensors Tensors of this context.
   * @returns Their values in order (f16 as Float32Array).
   * @throws {GpuError} If anything recorded so far failed.
   * @throws {DeviceLostError} If the device is gone.
   */
  async read(tensors: readonly Tensor[]): Promise<(Float32Array | Uint32Array | Int32Array)[]> {
    this.#checkAlive();
    const sizes = tensors.map((t) => Math.max(4, Math.ceil(bytesOf(t.shape, t.dtype) / 4) * 4));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const staging = this.device.createBuffer({
      size: Math.max(4, total),
      usage: USAGE.MAP_READ | USAGE.COPY_DST,
    });
    try {
      this.#recorder.flush((encoder) => {
        let at = 0;
        tensors.forEach((tensor, index) => {
          const size = sizes[index] ?? 0;
          const from = bufferOf(tensor.storage).gpu;
          encoder.copyBufferToBuffer(from, tensor.offset, staging, at, size);
          at += size;
        });
      });
      await this.#wait(staging);
      const bytes = staging.getMappedRange().slice(0);
      staging.unmap();
      let at = 0;
      return tensors.map((tensor, index) => {
        const values = toHost(bytes, at, sizeOf(tensor.shape), tensor.dtype);
        at += sizes[index] ?? 0;
        return values;
      });
    } finally {
      staging.destroy();
    }
  }

  async #wait(staging: GPUBuffer): Promise<void> {
    try {
      await staging.mapAsync(1);
    } catch (error) {
      await this.#pipelines.settled();
      this.#checkAlive();
      if (this.#firstError) this.#throwFirst();
      throw new DeviceLostError(
        `Cannot read from the GPU: ${error instanceof Error ? error.message : error}. ` +
          "Open a new context and load the model again.",
      );
    }
    await this.#pipelines.settled();
    this.#checkAlive();
    if (this.#firstError) this.#throwFirst();
  }

  /** Resolves when all kernels used so far are known to compile. */
  async settled(): Promise<void> {
    await this.#pipelines.settled();
    if (this.#firstError) this.#throwFirst();
  }

  #throwFirst(): never {
    const error = this.#firstError ?? new GpuError("queue", "unknown");
    this.#firstError = null;
    throw error;
  }

  /**
   * Traces a function once and gives a program that replays it without allocation.
   *
   * @param options Name, input shapes and the function.
   * @returns The plan; it belongs to the caller.
   */
  plan<In extends PlanTensors, Out extends PlanTensors>(
    options: PlanOptions<In, Out>,
  ): Plan<In, Out> {
    this.#checkAlive();
    return new Plan(this, options);
  }

  /** Runs a function while commands go to a tracer. For plans. */
  trace<T>(tracer: Tracer, run: () => T): T {
    if (this.#tracer) throw new ShapeError("Cannot trace a plan inside another plan.");
    this.#tracer = tracer;
    try {
      return run();
    } finally {
      this.#tracer = null;
    }
  }

  /**
   * Measures the kernels that a function runs.
   *
   * @param run Records work; it is submitted and awaited.
   * @returns Time of each dispatch, empty without timestamp queries.
   */
  async profile(run: () => void | Promise<void>): Promise<KernelTime[]> {
    this.#checkAlive();
    if (!this.caps.timestamps) return [];
    this.#recorder.flush();
    const profiler = new Profiler(this.device);
    this.#recorder.profiler = profiler;
    try {
      await run();
      this.#recorder.flush();
      const times = await profiler.times();
      if (this.#firstError) this.#throwFirst();
      return times;
    } finally {
      this.#recorder.profiler = null;
      profiler.dispose();
    }
  }

  #checkAlive(): void {
    if (this.#disposed) throw new DeviceLostError("Cannot use a context that was disposed.");
    if (this.#lost !== null) {
      throw new DeviceLostError(
        `Cannot use the GPU: the device was lost (${this.#lost}). ` +
          "Open a new context and load the model again.",
      );
    }
  }

  /** Destroys the device and frees all of its memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pool.dispose();
    this.#recorder.dispose();
    this.device.destroy();
  }

  /** Same as {@link Gpu.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Frees the tensors that were made while it was the innermost scope. */
export class Scope {
  #gpu: Gpu;
  #end: (scope: Scope) => void;
  #parent: Scope | null;
  #tensors = new Set<Tensor>();

  /** Use {@link Gpu.scope}. */
  constructor(gpu: Gpu, end: (scope: Scope) => void, parent: Scope | null) {
    this.#gpu = gpu;
    this.#end = end;
    this.#parent = parent;
  }

  /** Makes the scope responsible for a tensor. */
  own(tensor: Tensor): void {
    this.#tensors.add(tensor);
  }

  /**
   * Lets a tensor outlive this scope; it passes to the surrounding one, if any.
   *
   * @param tensor A tensor made in this scope, or a view of one.
   * @returns The same tensor.
   */
  keep(tensor: Tensor): Tensor {
    for (const owned of this.#tensors) {
      if (owned.storage !== tensor.storage) continue;
      this.#tensors.delete(owned);
      this.#parent?.own(owned);
    }
    return tensor;
  }

  /** Frees what was not kept. */
  [Symbol.dispose](): void {
    for (const tensor of this.#tensors) this.#gpu.free(tensor);
    this.#tensors.clear();
    this.#end(this);
  }
}

function bufferOf(storage: Storage): NonNullable<Storage["buffer"]> {
  if (!storage.buffer) {
    throw new ShapeError("Cannot use a tensor that was freed, or one that a plan is tracing.");
  }
  return storage.buffer;
}

function defaultDType(data: HostArray): DType {
  if (data instanceof Uint32Array) return "u32";
  if (data instanceof Int32Array) return "i32";
  return "f32";
}

function encodeParams(kernel: Kernel, values: readonly number[]): Uint32Array {
  if (values.length !== kernel.params.length) {
    throw new ShapeError(
      `Cannot run ${kernel.label}: ${values.length} parameters given, ${kernel.params.length} needed.`,
    );
  }
  const words = new Uint32Array(values.length);
  const floats = new Float32Array(words.buffer);
  values.forEach((value, index) => {
    if (kernel.params[index] === "f32") floats[index] = value;
    else words[index] = value;
  });
  return words;
}
