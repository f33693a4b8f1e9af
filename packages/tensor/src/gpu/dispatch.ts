/** From a kernel call over tensors to a command with all WebGPU objects. */
import { GpuLimitError, ShapeError } from "../errors.ts";
import type { TracedCommand, TracedCopy, TracedDispatch } from "../plan/trace.ts";
import { bytesOf, type Storage, type Tensor } from "../tensor.ts";
import type { Kernel } from "../wgsl/kernel.ts";
import { type Caps, MAX_CPU_ITERATIONS } from "./device.ts";
import type { PipelineCache } from "./pipelines.ts";
import type { Command, Recorder } from "./recorder.ts";

/** A kernel call: what to run over which tensors. */
export interface Dispatch {
  /** The kernel. */
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

/** Where the parameters of one dispatch lie. */
export interface ParamsSlot {
  /** Bind group of the uniform buffer. */
  readonly group: GPUBindGroup;
  /** First byte of the slot. */
  readonly offset: number;
}

const MAX_GROUPS = 65535;

/**
 * Checks a call and describes it over storages.
 *
 * @param call The kernel, its tensors, parameters and grid.
 * @param caps Facts about the adapter.
 * @returns The command, or undefined when the grid is empty.
 * @throws {ShapeError} If the grid is not of whole numbers, or parameters are missing.
 * @throws {GpuLimitError} If the grid or the loop count is beyond what the adapter runs.
 */
export function describe(call: Dispatch, caps: Caps): TracedDispatch | undefined {
  const { kernel, grid } = call;
  if (grid.some((extent) => !Number.isInteger(extent) || extent < 0)) {
    throw new ShapeError(
      `Cannot run ${kernel.label} on a grid of [${grid}] workgroups: whole numbers are expected. ` +
        "Check the shapes that the grid is computed from.",
    );
  }
  if (grid.some((extent) => extent === 0)) return undefined;
  if (grid.some((extent) => extent > MAX_GROUPS)) {
    throw new GpuLimitError(`${kernel.label} with this grid`, Math.max(...grid), MAX_GROUPS);
  }
  const iterations = call.iterations ?? 0;
  if (caps.isCpu && iterations > MAX_CPU_ITERATIONS) {
    throw new GpuLimitError(
      `${kernel.label} with this loop count on a CPU adapter`,
      iterations,
      MAX_CPU_ITERATIONS,
    );
  }
  return {
    kind: "dispatch",
    kernel,
    ranges: call.tensors.map(({ storage, offset, shape, dtype }) => ({
      storage,
      offset,
      // Kernels may read in fours; storages are whole sixteens of bytes.
      size: Math.max(16, Math.ceil(bytesOf(shape, dtype) / 16) * 16),
    })),
    params: encodeParams(kernel, call.params ?? []),
    grid,
    label: call.label ?? kernel.label,
    flops: call.flops ?? 0,
  };
}

/** Which elements of two tensors a copy takes. */
export interface CopyRange {
  /** First element in the source; 0 when absent. */
  readonly fromStart?: number;
  /** First element in the target; 0 when absent. */
  readonly toStart?: number;
  /** Number of elements; all of the source when absent. */
  readonly count?: number;
}

/**
 * Describes a copy between tensors of the same dtype.
 *
 * @param from Source.
 * @param to Target.
 * @param range Elements; everything when empty.
 * @returns The command.
 * @throws {ShapeError} If the range does not cover whole words.
 */
export function describeCopy(from: Tensor, to: Tensor, range: CopyRange): TracedCopy {
  const width = bytesOf([1], from.dtype);
  const size = range.count === undefined ? bytesOf(from.shape, from.dtype) : range.count * width;
  const fromOffset = from.offset + (range.fromStart ?? 0) * width;
  const toOffset = to.offset + (range.toStart ?? 0) * width;
  if ((size | fromOffset | toOffset) % 4 !== 0) {
    throw new ShapeError(`Cannot copy ${size} bytes of ${from.dtype}: not whole words.`);
  }
  return { kind: "copy", from: from.storage, fromOffset, to: to.storage, toOffset, size };
}

/**
 * Makes the WebGPU objects of a command.
 *
 * @param command What to run, over storages that have buffers.
 * @param on Where pipelines, bind groups and parameters come from.
 * @returns The command as the recorder takes it.
 */
export function prepare(
  command: TracedCommand,
  on: { pipelines: PipelineCache; recorder: Recorder; params: ParamsSlot | undefined },
): Command {
  if (command.kind === "copy") {
    return { ...command, from: bufferOf(command.from), to: bufferOf(command.to) };
  }
  if (command.kind === "clear") return { ...command, buffer: bufferOf(command.storage) };
  const pipeline = on.pipelines.get(command.kernel);
  const slot = on.params ?? on.recorder.params(command.params);
  return {
    kind: "dispatch",
    pipeline,
    tensors: on.recorder.bindGroup(
      pipeline,
      command.ranges.map((range) => ({ ...range, buffer: bufferOf(range.storage) })),
    ),
    params: slot.group,
    paramsOffset: slot.offset,
    grid: command.grid,
    label: command.label,
    flops: command.flops,
    bytes: command.ranges.reduce((sum, { size }) => sum + size, 0),
  };
}

/**
 * The buffer behind a storage.
 *
 * @param storage A storage outside a trace.
 * @returns Its buffer.
 * @throws {ShapeError} If it was freed or is being traced.
 */
export function bufferOf(storage: Storage): NonNullable<Storage["buffer"]> {
  if (!storage.buffer) {
    throw new ShapeError(
      "Cannot use this tensor: it was freed, its plan was disposed, or a plan is being traced over " +
        "it. Read or copy it before.",
    );
  }
  return storage.buffer;
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
