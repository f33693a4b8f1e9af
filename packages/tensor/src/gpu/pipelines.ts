/** Pipelines by their full text, layouts by their access letters. */
import type { Caps } from "./device.ts";
import { GpuError, GpuLimitError } from "../errors.ts";
import type { OpenOptions } from "./open.ts";
import type { Kernel } from "../wgsl/kernel.ts";

/** A compiled kernel. */
export interface Pipeline {
  /** The kernel that was compiled. */
  readonly kernel: Kernel;
  /** The WebGPU pipeline. */
  readonly gpu: GPUComputePipeline;
  /** Layout of bind group 0. */
  readonly layout: GPUBindGroupLayout;
}

const COMPUTE_STAGE = 0x4;

/** Compiles kernels once and reports what the compiler says against the kernel's label. */
export class PipelineCache {
  #device: GPUDevice;
  #caps: Caps;
  #report: (error: Error) => void;
  #pipelines = new Map<string, Pipeline>();
  #layouts = new Map<string, { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();
  #checks = new Set<Promise<void>>();
  #compileMs = 0;
  readonly paramsLayout: GPUBindGroupLayout;

  /** Told of the pipelines that plans compile. */
  readonly onCompile: OpenOptions["onCompile"];

  constructor(
    device: GPUDevice,
    caps: Caps,
    { report, onCompile }: Pick<OpenOptions, "onCompile"> & {
      readonly report: (error: Error) => void;
    },
  ) {
    this.#device = device;
    this.#caps = caps;
    this.#report = report;
    this.onCompile = onCompile;
    this.paramsLayout = device.createBindGroupLayout({
      entries: [{
        binding: 0,
        visibility: COMPUTE_STAGE,
        buffer: { type: "uniform", hasDynamicOffset: true },
      }],
    });
  }

  /** Number of compiled pipelines. */
  get size(): number {
    return this.#pipelines.size;
  }

  /** Milliseconds spent on compiling. */
  get compileMs(): number {
    return this.#compileMs;
  }

  /** How many pipelines kernels still need. */
  countMissing(kernels: Iterable<Kernel>): number {
    const texts = new Set(Array.from(kernels, (kernel) => this.#text(kernel)));
    return [...texts].filter((text) => !this.#pipelines.has(text)).length;
  }

  /** The pipeline of a kernel, compiled on first use. */
  get(kernel: Kernel): Pipeline {
    const code = this.#text(kernel);
    const cached = this.#pipelines.get(code);
    if (cached) return cached;
    this.#checkLimits(kernel);
    const layout = this.#layout(kernel.access);
    const start = performance.now();
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ label: kernel.label, code });
    const gpu = this.#device.createComputePipeline({
      label: kernel.label,
      layout: layout.pipeline,
      compute: { module, entryPoint: "main" },
    });
    this.#check(kernel, code, module);
    this.#compileMs += performance.now() - start;
    const pipeline = { kernel, gpu, layout: layout.group };
    this.#pipelines.set(code, pipeline);
    return pipeline;
  }

  /** Resolves when the compiler's verdict on everything so far is known. */
  async settled(): Promise<void> {
    await Promise.all(this.#checks);
  }

  #text(kernel: Kernel): string {
    const enables = [
      kernel.features.includes("f16") ? "enable f16;" : "",
      kernel.features.includes("subgroups") && this.#caps.enableSubgroupsLine
        ? "enable subgroups;"
        : "",
    ].filter((line) => line !== "");
    return [...enables, kernel.code].join("\n");
  }

  /** Naga compiles what is beyond some of these limits, and drivers then fail in ways of their own. */
  #checkLimits(kernel: Kernel): void {
    const {
      maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupStorageSize,
      maxStorageBuffersPerShaderStage,
    } = this.#caps.limits;
    if (kernel.workgroupBytes > maxComputeWorkgroupStorageSize) {
      throw new GpuLimitError(
        `${kernel.label} with these bytes of workgroup memory`,
        kernel.workgroupBytes,
        maxComputeWorkgroupStorageSize,
      );
    }
    const invocations = kernel.workgroup[0] * kernel.workgroup[1] * kernel.workgroup[2];
    if (invocations > maxComputeInvocationsPerWorkgroup) {
      throw new GpuLimitError(
        `${kernel.label} with this workgroup size`,
        invocations,
        maxComputeInvocationsPerWorkgroup,
      );
    }
    if (kernel.access.length > maxStorageBuffersPerShaderStage) {
      throw new GpuLimitError(
        `${kernel.label} with this number of storage buffers`,
        kernel.access.length,
        maxStorageBuffersPerShaderStage,
      );
    }
  }

  #layout(access: string): { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout } {
    const cached = this.#layouts.get(access);
    if (cached) return cached;
    const group = this.#device.createBindGroupLayout({
      entries: [...access].map((letter, binding) => ({
        binding,
        visibility: COMPUTE_STAGE,
        buffer: { type: letter === "r" ? "read-only-storage" as const : "storage" as const },
      })),
    });
    const pipeline = this.#device.createPipelineLayout({
      bindGroupLayouts: [group, this.paramsLayout],
    });
    const layout = { group, pipeline };
    this.#layouts.set(access, layout);
    return layout;
  }

  #check(kernel: Kernel, code: string, module: GPUShaderModule): void {
    const check = this.#device.popErrorScope().then(async (error) => {
      if (error) {
        this.#report(new GpuError(kernel.label, await explain(kernel, code, module, error), code));
      }
    }).catch(() => {
      // The scope is lost with the device; the loss itself is reported by the context.
    }).finally(() => this.#checks.delete(check));
    this.#checks.add(check);
  }
}

async function explain(
  kernel: Kernel,
  code: string,
  module: GPUShaderModule,
  error: GPUError,
): Promise<string> {
  const info = await module.getCompilationInfo();
  const first = info.messages.find(({ type }) => type === "error");
  const lines = code.split("\n");
  const at = first?.lineNum ?? 0;
  const context = at > 0
    ? lines.slice(Math.max(0, at - 3), at + 2).map((line) => `\n  | ${line}`).join("")
    : "";
  return `Cannot compile ${kernel.label}: ${first?.message ?? error.message}${context}`;
}
