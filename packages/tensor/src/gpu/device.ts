/** Acquiring a device, and the facts about it that every kernel choice reads. */
import { GpuUnavailableError } from "../errors.ts";

/** The API constants of WebGPU that this package uses, so that no global is needed. */
export const USAGE = {
  MAP_READ: 0x1,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;

/** Facts about a device, plain data. */
export interface Caps {
  /** Adapter vendor as the driver reports it. */
  readonly vendor: string;
  /** Adapter architecture, often empty. */
  readonly architecture: string;
  /** Human-readable adapter name. */
  readonly description: string;
  /** The browser or runtime marked it as a software fallback. */
  readonly isFallbackAdapter: boolean;
  /** Kernels run on CPU cores: no barriers, packed panels. */
  readonly isCpu: boolean;
  /** f16 storage and arithmetic can be used in shaders. */
  readonly f16: boolean;
  /** Subgroup builtins can be used in shaders. */
  readonly subgroups: boolean;
  /** Shaders that use subgroups must (true) or must not (false) say `enable subgroups;`. */
  readonly enableSubgroupsLine: boolean;
  /** Lanes of a subgroup as probed, or 0 without subgroups. */
  readonly subgroupSize: number;
  /** Fewest lanes of a subgroup in any kernel; as probed where the adapter does not say. */
  readonly subgroupMinSize: number;
  /** Most lanes of a subgroup in any kernel; as probed where the adapter does not say. */
  readonly subgroupMaxSize: number;
  /** Kernel times can be measured. */
  readonly timestamps: boolean;
  /** Kernel variants that measurements chose, by family and extents; see `tuningKey`. */
  readonly tuned: Readonly<Record<string, string>>;
  /** Limits of the device, by their WebGPU names. */
  readonly limits: Readonly<Record<LimitName, number>>;
}

/**
 * Loop iterations of an invocation that a CPU adapter can be trusted with: llvmpipe stops after 65535
 * of them without an error, whatever the results then are.
 */
export const MAX_CPU_ITERATIONS = 60_000;

/** The facts that a network is built by. */
export type BuildCaps = Pick<Caps, "isCpu" | "tuned">;

/** Names of the limits that are raised to what the adapter offers. */
export type LimitName =
  | "maxBufferSize"
  | "maxStorageBufferBindingSize"
  | "maxComputeInvocationsPerWorkgroup"
  | "maxComputeWorkgroupSizeX"
  | "maxComputeWorkgroupSizeY"
  | "maxComputeWorkgroupStorageSize"
  | "maxStorageBuffersPerShaderStage"
  | "minStorageBufferOffsetAlignment"
  | "minUniformBufferOffsetAlignment";

const LIMIT_NAMES: readonly LimitName[] = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBuffersPerShaderStage",
  "minStorageBufferOffsetAlignment",
  "minUniformBufferOffsetAlignment",
];

/** Options of {@link acquire}. */
export interface AcquireOptions {
  /** Which adapter is wanted when there are several. */
  readonly power?: "high-performance" | "low-power";
  /** Ask for WebGPU's default limits only, to try kernels at the baseline. */
  readonly defaultLimits?: boolean;
  /** Entry point of WebGPU; `navigator.gpu` when absent. */
  readonly entry?: GPU;
}

/** A device with its facts. */
export interface Acquired {
  /** The WebGPU device. */
  readonly device: GPUDevice;
  /** Facts about it. */
  readonly caps: Caps;
}

function noAdapter(): GpuUnavailableError {
  return new GpuUnavailableError(
    "no WebGPU adapter was found",
    "On Linux install a Vulkan driver (the vendor's, or mesa-vulkan-drivers for software rendering), " +
      "and unset DENO_WEBGPU_BACKEND.",
  );
}

/** "subgroups" is hidden from `features` in Deno although requests for it succeed. */
const OPTIONAL_FEATURES = ["subgroups", "shader-f16", "timestamp-query"];

/**
 * Opens a device on the best adapter, with as many of the optional features as it grants.
 *
 * @param options Adapter preference and limits.
 * @returns The device and its facts.
 * @throws {GpuUnavailableError} If there is no adapter or it refuses to give a device.
 */
export async function acquire(options: AcquireOptions = {}): Promise<Acquired> {
  const entry = options.entry ?? globalThis.navigator?.gpu;
  if (!entry) throw noAdapter();
  let refusal = "";
  for (const features of featureSets()) {
    // An adapter is consumed by the first device made from it in Chromium: ask anew each time.
    const adapter = await entry.requestAdapter({
      powerPreference: options.power ?? "high-performance",
    });
    if (!adapter) throw noAdapter();
    const offered = features.filter((name) =>
      name === "subgroups" || adapter.features.has(name as GPUFeatureName)
    );
    if (offered.length !== features.length) continue;
    try {
      const device = await adapter.requestDevice({
        requiredFeatures: offered as GPUFeatureName[],
        requiredLimits: options.defaultLimits ? {} : offeredLimits(adapter),
      });
      return { device, caps: await probe(adapter, device) };
    } catch (error) {
      refusal = error instanceof Error ? error.message : String(error);
    }
  }
  throw new GpuUnavailableError(
    `the adapter refused a device (${refusal})`,
    "Update the graphics driver.",
  );
}

/** All subsets of the optional features, largest first. */
function featureSets(): string[][] {
  const subsets: string[][] = [];
  for (let mask = (1 << OPTIONAL_FEATURES.length) - 1; mask >= 0; mask--) {
    subsets.push(OPTIONAL_FEATURES.filter((_, bit) => mask & (1 << bit)));
  }
  return subsets.sort((a, b) => b.length - a.length);
}

function offeredLimits(adapter: GPUAdapter): Record<string, number> {
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, adapter.limits[name]]));
}

async function probe(adapter: GPUAdapter, device: GPUDevice): Promise<Caps> {
  const { vendor, architecture, description } = adapter.info;
  const isFallbackAdapter = adapter.info.isFallbackAdapter ?? false;
  const subgroups = device.features.has("subgroups" as GPUFeatureName) ||
    await compiles(device, subgroupProbe(""));
  const enableSubgroupsLine = subgroups && !(await compiles(device, subgroupProbe("")));
  const subgroupSize = subgroups
    ? await measureSubgroup(device, enableSubgroupsLine ? "enable subgroups;" : "")
    : 0;
  return {
    vendor,
    architecture,
    description,
    isFallbackAdapter,
    isCpu: isFallbackAdapter ||
      /llvmpipe|swiftshader|\bcpu\b/i.test(`${description} ${architecture}`),
    f16: device.features.has("shader-f16"),
    subgroups,
    enableSubgroupsLine,
    subgroupSize,
    ...subgroupBounds(adapter.info, subgroups, subgroupSize),
    timestamps: device.features.has("timestamp-query"),
    tuned: {},
    limits: Object.fromEntries(
      LIMIT_NAMES.map((name) => [name, device.limits[name]]),
    ) as Record<LimitName, number>,
  };
}

/** Bounds of the lanes of a subgroup; older browsers do not give them, and a probe saw one number. */
function subgroupBounds(info: GPUAdapterInfo, subgroups: boolean, probed: number) {
  return {
    subgroupMinSize: subgroups ? info.subgroupMinSize ?? probed : 0,
    subgroupMaxSize: subgroups ? info.subgroupMaxSize ?? probed : 0,
  };
}

const subgroupProbe = (enable: string) =>
  `${enable}
@group(0) @binding(0) var<storage, read_write> size: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(subgroup_size) lanes: u32, @builtin(local_invocation_index) index: u32) {
  let sum = subgroupAdd(1u);
  if (index == 0u) { size[0] = lanes; size[1] = sum; }
}`;

async function compiles(device: GPUDevice, code: string): Promise<boolean> {
  device.pushErrorScope("validation");
  device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }) },
  });
  return await device.popErrorScope() === null;
}

async function measureSubgroup(device: GPUDevice, enable: string): Promise<number> {
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code: subgroupProbe(enable) }) },
  });
  const result = device.createBuffer({ size: 16, usage: USAGE.STORAGE | USAGE.COPY_SRC });
  const staging = device.createBuffer({ size: 16, usage: USAGE.MAP_READ | USAGE.COPY_DST });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: result } }],
    }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(result, 0, staging, 0, 16);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const lanes = new Uint32Array(staging.getMappedRange().slice(0))[0] ?? 0;
  staging.destroy();
  result.destroy();
  return lanes;
}
