import { type Gpu, open, type OpenOptions, rehearsal } from "@vicinity/tensor";
import type { Room } from "@vicinity/vision";
import { backendOf } from "./adapter.ts";
import type { Device } from "./device_option.ts";
import type { RunInfo, Warning } from "./report.ts";
import { readTuning } from "./tuning.ts";

/** The common options that decide about the GPU. */
export interface GpuChoice {
  /** The value of `--device`. */
  readonly device: Device;
  /** The value of `--max-memory` in GiB. */
  readonly "max-memory": number | undefined;
  /** The value of `--max-dispatch-ms`. */
  readonly "max-dispatch-ms": number;
}

/**
 * Opens the GPU that the user asked for.
 *
 * @param choice The common options.
 * @param warn Told when the work is done by the processor.
 * @param onCompile Told of the pipelines that are compiled.
 * @returns The context, to be disposed.
 * @throws {GpuUnavailableError} When there is no adapter.
 */
export async function openGpu(
  choice: GpuChoice,
  warn: (warning: Warning) => void,
  onCompile: OpenOptions["onCompile"] = () => {},
): Promise<Gpu> {
  preferVulkan();
  const memory = choice["max-memory"];
  const hostBytes = await memoryOfMachine();
  const { tuning } = await readTuning();
  const gpu = await open({
    ...(tuning === undefined ? {} : { tuning }),
    onCompile,
    power: choice.device === "low" ? "low-power" : "high-performance",
    ...(memory === undefined ? {} : { budgetBytes: Math.round(memory * 2 ** 30) }),
    ...(hostBytes === undefined ? {} : { hostBytes }),
    maxDispatchMs: choice["max-dispatch-ms"],
  });
  if (gpu.caps.isCpu && choice.device !== "fallback") {
    warn({
      code: "GPU_SOFTWARE",
      message: `no graphics card: ${gpu.caps.description} works on the processor, slowly`,
    });
  }
  return gpu;
}

/**
 * On Linux only Vulkan: OpenGL adapters lack what the kernels need, and where Deno loads OpenGL as
 * well, Mesa's EGL frees the data of a thread twice in one of about twenty runs, at exit.
 */
function preferVulkan(): void {
  const chosen = "DENO_WEBGPU_BACKEND";
  if (Deno.build.os === "linux" && Deno.env.get(chosen) === undefined) {
    Deno.env.set(chosen, "vulkan");
  }
}

/** Bytes of memory of the machine, where Deno was allowed to tell before. */
async function memoryOfMachine(): Promise<number | undefined> {
  const { state } = await Deno.permissions.query({ name: "sys", kind: "systemMemoryInfo" });
  return state === "granted" ? Deno.systemMemoryInfo().total : undefined;
}

/**
 * Memory that the work on a GPU may use.
 *
 * @param gpu An open context.
 * @returns The budget, and the largest tensor.
 */
export function roomOn({ budgetBytes, caps }: Gpu): Room {
  return { budgetBytes, bindingBytes: caps.limits.maxStorageBufferBindingSize };
}

/**
 * A way to find out what work takes without doing it.
 *
 * @param gpu An open context; it may be disposed of before.
 * @returns Makes contexts with its budget and its kernels that run nothing.
 */
export function idleLike({ caps, budgetBytes, work: { maxDispatchMs } }: Gpu): () => Gpu {
  return () => rehearsal(caps, { budgetBytes, maxDispatchMs });
}

/**
 * The device of a run as its JSON shows it.
 *
 * @param gpu An open context.
 * @returns The adapter's name, the graphics interface, whether the processor does the work, and the
 *   longest time of a kernel call.
 */
export function deviceInfo(gpu: Gpu): NonNullable<RunInfo["device"]> {
  const { description, vendor, architecture, isCpu } = gpu.caps;
  return {
    adapter: description || `${vendor} ${architecture}`.trim(),
    backend: backendOf(gpu.caps),
    fallback: isCpu,
    maxDispatchMs: gpu.work.maxDispatchMs,
  };
}
