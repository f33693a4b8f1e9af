/** A plan: a model function traced once for fixed shapes, replayed without allocation. */
import { OutOfMemoryError, ShapeError } from "../errors.ts";
import { bufferOf } from "../gpu/dispatch.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { HostArray } from "../gpu/host_array.ts";
import type { PoolBuffer } from "../gpu/pool.ts";
import { type Command, PARAM_SLOT } from "../gpu/recorder.ts";
import type { DType, Storage, Tensor } from "../tensor.ts";
import { assignSlots } from "./memory.ts";
import { touched, type TracedCommand, Tracer } from "./trace.ts";

/** Tensors by name. */
export type PlanTensors = Record<string, Tensor>;

/** Shape and dtype of an input; f32 when no dtype is given. */
export interface InputSpec {
  /** Extents. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype?: DType;
}

/** What a plan is made from. */
export interface PlanOptions<Input extends string, Out extends PlanTensors> {
  /** Name for messages. */
  readonly name: string;
  /** Shape of each input. */
  readonly inputs: Readonly<Record<Input, InputSpec>>;
  /** The function; called once with placeholders, it may only record operations. */
  readonly run: (inputs: Record<Input, Tensor>) => Out;
}

/** Progress of compilation, over the pipelines of a plan that its context did not have yet. */
export interface CompileProgress {
  /** The stage of the work. */
  readonly phase: "compile";
  /** Pipelines compiled so far. */
  readonly done: number;
  /** Pipelines to compile in all. */
  readonly total: number;
  /** What is counted. */
  readonly unit: "pipeline";
  /** Label of the kernel just compiled. */
  readonly item: string;
}

/** A replayable program over fixed shapes. Inputs and outputs stay in place between runs. */
export class Plan<Input extends string = string, Out extends PlanTensors = PlanTensors> {
  /** Name for messages. */
  readonly name: string;
  /** Inputs as the plan holds them; written by {@link Plan.run}. */
  readonly inputs: Readonly<Record<Input, Tensor>>;
  /** Outputs; valid until the next run. */
  readonly outputs: Out;
  /**
   * Bytes of inputs, outputs, constants and intermediate slots together: what the plan takes of the
   * context's memory where no other plan lends it slots. Weights are not counted, nor are the
   * parameters of kernels, 256 bytes a kernel call outside of that memory.
   */
  readonly peakBytes: number;
  /** Bytes of the largest single tensor. */
  readonly largestBinding: number;
  /** Floating-point operations of one run. */
  readonly flops: number;
  #gpu: Gpu;
  #commands: Command[] = [];
  #traced: readonly TracedCommand[];
  #touched: ReadonlySet<Storage>;
  #borrowed: PoolBuffer[] = [];
  #owned: Storage[] = [];
  #tenants: Storage[] = [];
  #constants: readonly Storage[] = [];
  #params: { buffer: GPUBuffer; group: GPUBindGroup } | null = null;
  #disposed = false;

  /** Use {@link Gpu.plan}. */
  constructor(gpu: Gpu, options: PlanOptions<Input, Out>) {
    this.#gpu = gpu;
    this.name = options.name;
    const tracer = new Tracer(options.name);
    const { inputs, outputs } = this.#trace(tracer, () => {
      const inputs = Object.fromEntries(
        Object.entries<InputSpec>(options.inputs).map(([name, { shape, dtype }]) => [
          name,
          gpu.empty(shape, dtype ?? "f32"),
        ]),
      ) as Record<Input, Tensor>;
      return { inputs, outputs: options.run(inputs) };
    });
    this.inputs = inputs;
    this.outputs = outputs;
    gpu.checks?.markUnwritten(tracer, Object.values<Tensor>(inputs));
    this.#traced = tracer.commands;
    this.#touched = touched(tracer.commands);
    this.flops = tracer.commands.reduce(
      (sum, command) => sum + (command.kind === "dispatch" ? command.flops : 0),
      0,
    );
    const lasting = new Set(
      [...Object.values<Tensor>(inputs), ...Object.values(outputs)].map(({ storage }) => storage)
        .filter((storage) => tracer.owns(storage)),
    );
    const constants = tracer.constants.map(({ bytes }) => bytes);
    const needs = [...tracer.lifetimes()].filter(([storage]) => !lasting.has(storage))
      .map(([storage, life]) => ({ storage, bytes: storage.bytes, ...life }));
    const slots = assignSlots(needs);
    this.peakBytes = [...[...lasting, ...slots].map(({ bytes }) => bytes), ...constants]
      .reduce((sum, bytes) => sum + bytes, 0);
    this.largestBinding = Math.max(
      0,
      ...[...lasting, ...needs].map(({ bytes }) => bytes),
      ...constants,
    );
    try {
      this.#checkBudget();
      this.#assign(lasting, slots);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Runs the function once; what it uploads is freed with the plan, also if it throws. */
  #trace<T>(tracer: Tracer, run: () => T): T {
    this.#constants = tracer.constants;
    try {
      return this.#gpu.trace(tracer, run);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  #checkBudget(): void {
    const { liveBytes } = this.#gpu.stats;
    const budget = this.#gpu.budgetBytes;
    if (this.peakBytes > budget) throw new OutOfMemoryError(this.peakBytes, liveBytes, budget);
  }

  #assign(
    lasting: ReadonlySet<Storage>,
    slots: readonly { bytes: number; tenants: readonly { storage: Storage }[] }[],
  ): void {
    for (const storage of lasting) {
      storage.buffer = this.#gpu.pool.take(storage.bytes, true);
      this.#owned.push(storage);
    }
    this.#borrowed = this.#gpu.arena.borrow(slots.map(({ bytes }) => bytes));
    slots.forEach(({ tenants }, index) => {
      for (const { storage } of tenants) {
        storage.buffer = this.#borrowed[index] ?? null;
        this.#tenants.push(storage);
      }
    });
  }

  /**
   * Compiles all kernels before the first run.
   *
   * @param onProgress Called after each pipeline, in place of the context's `onCompile`.
   * @throws {ShapeError} If the plan was disposed.
   */
  async compile(onProgress?: (progress: CompileProgress) => void): Promise<void> {
    this.#checkAlive("compile");
    this.#prepare(onProgress);
    await this.#gpu.settled();
  }

  /** Takes all commands or none: a plan with part of them would replay and give wrong values. */
  #prepare(onProgress = this.#gpu.pipelines.onCompile): void {
    if (this.#params || this.#traced.length === 0) return;
    const dispatches = this.#traced.filter((command) => command.kind === "dispatch").length;
    const params = this.#gpu.recorder.paramsBuffer(Math.max(1, dispatches));
    try {
      this.#commands = this.#commandsOver(params, dispatches, onProgress);
      this.#params = params;
    } catch (error) {
      params.buffer.destroy();
      throw error;
    }
  }

  #commandsOver(
    params: { buffer: GPUBuffer; group: GPUBindGroup },
    dispatches: number,
    onProgress?: (progress: CompileProgress) => void,
  ): Command[] {
    const words = new Uint32Array(Math.max(1, dispatches) * PARAM_SLOT / 4);
    const report = this.#compileReporter(onProgress);
    let slot = 0;
    const commands = this.#traced.map((command) => {
      const offset = slot * PARAM_SLOT;
      const prepared = this.#gpu.prepare(command, { group: params.group, offset });
      if (command.kind === "dispatch") {
        words.set(command.params, offset / 4);
        slot++;
        report(command.label);
      }
      return prepared;
    });
    this.#gpu.device.queue.writeBuffer(params.buffer, 0, words);
    return commands;
  }

  /** Tells of new pipelines: to be called after each dispatch was prepared. */
  #compileReporter(onProgress?: (progress: CompileProgress) => void): (label: string) => void {
    if (!onProgress) return () => {};
    const { pipelines } = this.#gpu;
    const kernels = this.#traced.flatMap((it) => it.kind === "dispatch" ? [it.kernel] : []);
    const total = pipelines.countMissing(kernels);
    const before = pipelines.size;
    let done = 0;
    return (item) => {
      if (pipelines.size - before === done) return;
      done = pipelines.size - before;
      onProgress({ phase: "compile", done, total, unit: "pipeline", item });
    };
  }

  /**
   * Runs the plan once. Nothing is awaited: read the outputs, or pass them to another plan.
   *
   * @param values A host array or a tensor of the same shape for each input; inputs that are left
   *   out keep their content.
   * @returns The outputs, valid until the next run.
   * @throws {ShapeError} If the plan was disposed, or a tensor that it reads or writes was freed.
   */
  run(values: Partial<Readonly<Record<Input, HostArray | Tensor>>> = {}): Out {
    this.#checkAlive("run");
    // Others may have the memory of a freed weight: what was prepared over it would read theirs.
    for (const storage of this.#touched) bufferOf(storage);
    this.#prepare();
    for (const [name, value] of Object.entries<HostArray | Tensor | undefined>(values)) {
      this.#set(name, value);
    }
    for (const command of this.#commands) this.#gpu.recorder.add(command);
    return this.outputs;
  }

  #set(name: string, value: HostArray | Tensor | undefined): void {
    const input = (this.inputs as Readonly<Record<string, Tensor>>)[name];
    if (!input) {
      throw new ShapeError(
        `Cannot run plan ${this.name}: no input ${name}. It has ${Object.keys(this.inputs)}.`,
      );
    }
    if (value === undefined) return;
    if (!("gpu" in value)) {
      this.#gpu.write(input, value);
      return;
    }
    if (value.storage === input.storage) return;
    if (value.shape.join() !== input.shape.join() || value.dtype !== input.dtype) {
      throw new ShapeError(
        `Cannot run plan ${this.name}: input ${name} is ${value.dtype} [${value.shape}], ` +
          `expected ${input.dtype} [${input.shape}].`,
      );
    }
    this.#gpu.copy(value, input);
  }

  #checkAlive(verb: string): void {
    if (!this.#disposed) return;
    throw new ShapeError(`Cannot ${verb} plan ${this.name}: it was disposed. Make a new plan.`);
  }

  /** Gives the plan's memory back; its inputs and outputs cannot be used any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#gpu.recorder.flush();
    this.#gpu.arena.giveBack(this.#borrowed);
    for (const { buffer } of [...this.#owned, ...this.#constants]) {
      if (buffer) this.#gpu.pool.give(buffer);
    }
    // Others get this memory next: what still refers to it shall be refused, not read theirs.
    for (const storage of [...this.#owned, ...this.#constants, ...this.#tenants]) {
      storage.buffer = null;
    }
    this.#params?.buffer.destroy();
  }

  /** Same as {@link Plan.dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
