/** A context that runs nothing, to find out what a run would take. */
import type { Caps } from "./device.ts";
import { Gpu } from "./gpu.ts";
import type { OpenOptions } from "./open.ts";

/** How a rehearsed context would have been opened. */
export type RehearsalOptions = Pick<OpenOptions, "budgetBytes" | "hostBytes" | "maxDispatchMs">;

/**
 * Makes a context that behaves like one on an adapter but runs nothing and takes no memory there: what
 * is read from it is zero. A model that is loaded and run on it chooses the same kernels, makes the same
 * plans and keeps to the same budget, so that `stats.peakBytes` says to the byte what the real run holds.
 *
 * @param caps Facts about the adapter.
 * @param options As for `open`.
 * @returns The context; dispose it.
 *
 * @example
 * ```ts
 * import { open, rehearsal } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * using gpu = await open();
 * using idle = rehearsal(gpu.caps);
 * const x = idle.tensor([64], new Float32Array(64).fill(1));
 * assert.deepEqual((await idle.read([x]))[0], new Float32Array(64));
 * assert.equal(idle.stats.peakBytes, 256);
 * ```
 */
export function rehearsal(caps: Caps, options: RehearsalOptions = {}): Gpu {
  return new Gpu(idleDevice(), caps, options);
}

const nothing = () => {};
const object = () => ({});

/** As much of WebGPU as the package uses. */
function idleDevice(): GPUDevice {
  const device = {
    addEventListener: nothing,
    lost: new Promise(nothing),
    queue: {
      writeBuffer: nothing,
      submit: nothing,
      onSubmittedWorkDone: () => Promise.resolve(),
    },
    createBuffer: ({ size }: GPUBufferDescriptor) => ({
      size,
      mapAsync: () => Promise.resolve(),
      getMappedRange: (_offset = 0, length = size) => new ArrayBuffer(length),
      unmap: nothing,
      destroy: nothing,
    }),
    createBindGroupLayout: object,
    createPipelineLayout: object,
    createBindGroup: object,
    createShaderModule: object,
    createComputePipeline: object,
    createCommandEncoder: idleEncoder,
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    destroy: nothing,
  };
  return device as unknown as GPUDevice;
}

function idleEncoder() {
  return {
    beginComputePass: () => ({
      setPipeline: nothing,
      setBindGroup: nothing,
      dispatchWorkgroups: nothing,
      end: nothing,
    }),
    copyBufferToBuffer: nothing,
    clearBuffer: nothing,
    finish: object,
  };
}
