/** The context: one device with its pool, pipelines and recorder. No globals. */
import { DeviceLostError, GpuError, ShapeError } from "../errors.ts";
import { SlotArena } from "../plan/arena.ts";
import { Plan, type PlanOptions, type PlanTensors } from "../plan/plan.ts";
import type { TracedCommand, Tracer } from "../plan/trace.ts";
import { bytesOf, type DType, newStorage, sizeOf, type Storage, type Tensor } from "../tensor.ts";
import type { Kernel } from "../wgsl/kernel.ts";
import { usualBudget, type WorkAllowance, workAllowance } from "./allowances.ts";
import type { Caps } from "./device.ts";
import {
  bufferOf,
  type CopyRange,
  describe,
  describeCopy,
  type Dispatch,
  type ParamsSlot,
  prepare,
} from "./dispatch.ts";
import { Failures } from "./failures.ts";
import { FiniteChecks } from "./finite_checks.ts";
import { defaultDType, type HostArray, hostBytes } from "./host_array.ts";
import type { GpuStats, OpenOptions } from "./open.ts";
import { PipelineCache } from "./pipelines.ts";
import { BufferPool } from "./pool.ts";
import { type KernelTime, profile } from "./profiler.ts";
import { type Command, Recorder } from "./recorder.ts";
import { Scope } from "./scope.ts";
import { Staging, StagingBuffers, upload } from "./transfer.ts";
import { WaitClock } from "./wait_clock.ts";

/** What errors of submitted work are labelled with; they follow from others or name no kernel. */
const QUEUE = "queue";
/** One device and everything that lives on it. */
export class Gpu {
  /** Facts about the adapter, read by kernel choice. */
  readonly caps: Caps;
  /** The WebGPU device. */
  readonly device: GPUDevice;
  /** How much work is given to the device at a time. */
  readonly work: WorkAllowance;
  /** @internal Memory shared by all plans of this context. */
  readonly arena: SlotArena;
  /** @internal The buffer pool. */
  readonly pool: BufferPool;
  /** @internal The compiled kernels. */
  readonly pipelines: PipelineCache;
  /** @internal The recorder. */
  readonly recorder: Recorder;
  #staging: StagingBuffers;
  #kernels = new Map<string, Kernel>();
  #scopes: Scope[] = [];
  #tracer: Tracer | null = null;
  readonly #failures = new Failures();
  readonly #waits = new WaitClock();
  #lost: string | null = null;
  #disposed = false;
  /** @internal What debug mode looks for. */
  readonly checks: FiniteChecks | null;

  /** Use {@link open}. */
  constructor(device: GPUDevice, caps: Caps, options: OpenOptions) {
    this.device = device;
    this.caps = caps;
    // The queue may complain about an invalid pipeline or buffer before its own verdict is in.
    const isComplaint = (error: Error) => error instanceof GpuError && error.label === QUEUE;
    const report = (error: Error) => this.#failures.report(error, isComplaint);
    this.pipelines = new PipelineCache(device, caps, { ...options, report });
    this.#staging = new StagingBuffers(device, this.#waits);
    this.work = workAllowance(caps, options.maxDispatchMs);
    this.recorder = new Recorder(device, this.pipelines, this.work.flushFlops, this.#waits);
    this.pool = new BufferPool(device, caps, {
      budget: options.budgetBytes ?? usualBudget(caps, options.hostBytes),
      poison: options.debug ?? false,
      hooks: {
        flush: () => this.recorder.flush(),
        destroyed: (id) => this.recorder.forget(id),
        refused: report,
      },
    });
    this.arena = new SlotArena(this.pool);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { message } = (event as GPUUncapturedErrorEvent).error;
      this.#failures.report(new GpuError(QUEUE, `Cannot run recorded work: ${message}`));
    });
    device.lost.then(({ message }) => this.#lost = message || "the driver gave no reason");
    this.checks = options.debug ? new FiniteChecks(this.persistent([2], "u32")) : null;
  }

  /** Counters: live buffers and bytes, pipelines, submissions, times. */
  get stats(): GpuStats {
    return {
      ...this.pool.stats,
      pipelines: this.pipelines.size,
      compileMs: this.pipelines.compileMs,
      waitMs: this.#waits.ms,
      submits: this.recorder.submits,
    };
  }

  /** Bytes of GPU memory that this context may use. */
  get budgetBytes(): number {
    return this.pool.budget;
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
    const kernel = this.#kernels.get(key) ?? build(spec);
    this.#kernels.set(key, kernel);
    return kernel;
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
    const storage = this.#tracer?.allocate(newStorage(shape, dtype)) ??
      this.#allocate(shape, dtype);
    const tensor = { gpu: this, shape: [...shape], dtype, storage, offset: 0 };
    if (!this.#tracer) this.#scopes.at(-1)?.own(tensor);
    return tensor;
  }

  #allocate(shape: readonly number[], dtype: DType, exact = false): Storage {
    const storage = newStorage(shape, dtype);
    storage.buffer = this.pool.take(storage.bytes, exact);
    return storage;
  }

  /**
   * A tensor of zeros that belongs to the caller, whatever scope or plan is open: for what a model
   * carries from run to run.
   *
   * @param shape Extents.
   * @param dtype Element type.
   * @returns The tensor; free it with {@link Gpu.free}.
   */
  persistent(shape: readonly number[], dtype: DType = "f32"): Tensor {
    return this.#lasting(shape, dtype);
  }

  #lasting(shape: readonly number[], dtype: DType, exact = false): Tensor {
    this.#checkAlive();
    const storage = this.#allocate(shape, dtype, exact);
    this.recorder.flush((encoder) => encoder.clearBuffer(bufferOf(storage).gpu));
    return { gpu: this, shape: [...shape], dtype, storage, offset: 0 };
  }

  /**
   * A tensor with values from the host. Made while a plan is traced, it is a constant of the plan: its
   * values are those of this one call, and the plan frees it.
   *
   * @param shape Extents.
   * @param data As many values as the shape has elements.
   * @param dtype Element type; from the array's type when absent.
   * @returns The tensor.
   */
  tensor(shape: readonly number[], data: HostArray, dtype?: DType): Tensor {
    const type = dtype ?? defaultDType(data);
    // A constant takes the bytes it needs, not those of a size class: plans state them to the byte.
    const tensor = this.#tracer ? this.#lasting(shape, type, true) : this.empty(shape, type);
    this.#tracer?.constants.push(tensor.storage);
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
    const buffer = bufferOf(target.storage);
    // The queue would write before commands that are recorded but not yet submitted.
    this.recorder.flush();
    upload(this.device, buffer.gpu, target.offset, hostBytes(data, target.dtype));
  }

  /**
   * Frees a tensor's memory. Views of it must not be used any more.
   *
   * @param tensor A tensor made by this context outside a plan.
   */
  free(tensor: Tensor): void {
    const { storage } = tensor;
    const inPlan = this.#tracer?.owns(storage) || this.#tracer?.constants.includes(storage);
    if (!storage.buffer || inPlan) return;
    this.pool.give(storage.buffer);
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
   * @throws {GpuLimitError} If the grid or the loop count is beyond what the adapter runs.
   */
  dispatch(call: Dispatch): void {
    this.#checkAlive();
    const command = describe(call, this.caps);
    if (!command) return;
    this.#record(command);
    for (const look of this.checks?.of(call, this.#tracer) ?? []) this.#record(look);
    if (this.checks && !this.#tracer) {
      this.#failures.named(this.device, command.label, () => this.recorder.flush());
    }
  }

  #record(command: TracedCommand): void {
    if (this.#tracer) this.#tracer.record(command);
    else this.recorder.add(this.prepare(command));
  }

  /**
   * Turns a described command into one with all WebGPU objects.
   *
   * @internal For plans.
   *
   * @param command What to run.
   * @param params Where its parameters are; in the ring when absent.
   * @returns The command as the recorder takes it.
   */
  prepare(command: TracedCommand, params?: ParamsSlot): Command {
    return prepare(command, { pipelines: this.pipelines, recorder: this.recorder, params });
  }

  /**
   * Copies bytes between tensors of the same dtype.
   *
   * @param from Source.
   * @param to Target; must not share storage with the source.
   * @param range Element offsets and count; everything when absent.
   */
  copy(from: Tensor, to: Tensor, range: CopyRange = {}): void {
    const command = describeCopy(from, to, range);
    if (command.size > 0) this.#record(command);
  }

  /**
   * Fills a tensor with zeros.
   *
   * @param target The tensor.
   */
  clear(target: Tensor): void {
    const { storage, offset } = target;
    const size = Math.ceil(bytesOf(target.shape, target.dtype) / 4) * 4;
    if (size > 0) this.#record({ kind: "clear", storage, offset, size });
  }

  /** Submits recorded work without waiting for it. */
  flush(): void {
    this.#checkAlive();
    this.recorder.flush();
  }

  /**
   * Brings tensors to the host: one submission and one wait for all of them.
   *
   * @param tensors Tensors of this context.
   * @returns Their values in order (f16 as Float32Array).
   * @throws {GpuError} If anything recorded so far failed.
   * @throws {OutOfMemoryError} If the driver had no memory for a tensor made so far.
   * @throws {NumericError} In debug mode, if an operation since the last read made NaN or infinity.
   * @throws {DeviceLostError} If the device is gone.
   */
  async read(tensors: readonly Tensor[]): Promise<(Float32Array | Uint32Array | Int32Array)[]> {
    this.#checkAlive();
    const { mark } = this.#failures;
    const staging = new Staging(this.#staging, tensors.concat(this.checks?.found ?? []));
    staging.submit((copies) => this.recorder.flush(copies));
    const verdict = this.checks?.end();
    const values = await staging.values().catch((error: Error) => error);
    await this.#settled(mark, values instanceof Error ? undefined : verdict?.(values));
    this.#checkAlive();
    if (values instanceof Error) {
      throw new DeviceLostError(`Cannot read from the GPU: ${values.message}.`);
    }
    return values;
  }

  /** Resolves when all kernels used so far are known to compile, and all tensors to have memory. */
  async settled(): Promise<void> {
    await this.#settled(this.#failures.mark);
  }

  async #settled(mark: number, error?: Error): Promise<void> {
    await this.pipelines.settled();
    await this.pool.settled();
    await this.#failures.settled();
    // Wrong numbers may follow from what a driver refused, so that they come after it.
    if (error) this.#failures.report(error);
    this.#failures.check(mark);
  }

  /**
   * Traces a function once and gives a program that replays it without allocation.
   *
   * @param options Name, input shapes and the function.
   * @returns The plan; it belongs to the caller.
   */
  plan<Input extends string, Out extends PlanTensors>(
    options: PlanOptions<Input, Out>,
  ): Plan<Input, Out> {
    this.#checkAlive();
    return new Plan(this, options);
  }

  /** @internal Runs a function while commands go to a tracer. */
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
   * @throws {GpuError} If another profile has not ended, or anything recorded so far failed.
   */
  async profile(run: () => void | Promise<void>): Promise<KernelTime[]> {
    this.#checkAlive();
    if (!this.caps.timestamps) return [];
    const { mark } = this.#failures;
    const times = await profile(this.device, this.recorder, run);
    this.#failures.check(mark);
    return times;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new DeviceLostError("Cannot use a context that was disposed.");
    if (this.#lost !== null) {
      throw new DeviceLostError(`Cannot use the GPU: the device was lost (${this.#lost}).`);
    }
  }

  /** Destroys the device and frees all of its memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#staging.dispose();
    this.pool.dispose();
    this.recorder.dispose();
    this.device.destroy();
  }

  /** Same as {@link Gpu.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
