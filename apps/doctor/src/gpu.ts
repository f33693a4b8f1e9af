import { backendOf, openGpu, readTuning, toCliError, tuningMisfit } from "@vicinity/cli";
import { type Caps, type Gpu, selfTest } from "@vicinity/tensor";
import type { Finding } from "./finding.ts";

/** The options' defaults, but for the warning that the processor does the work. */
const CHOICE = { device: "fallback", "max-memory": undefined, "max-dispatch-ms": 200 } as const;

/**
 * Checks the adapter, its limits and features, and kernels against float64.
 *
 * @returns What was found.
 */
export async function checkGpu(): Promise<readonly Finding[]> {
  let gpu: Gpu;
  try {
    gpu = await openGpu(CHOICE, () => {});
  } catch (error) {
    const { message, hint = "install the card's driver" } = toCliError(error);
    return [{
      subject: "adapter",
      state: "problem",
      stops: "gpu",
      found: message.replace(/: .*/s, ""),
      remedy: hint,
    }];
  }
  try {
    return [
      adapter(gpu.caps),
      limits(gpu.caps),
      features(gpu.caps),
      await kernels(gpu),
      ...await tuned(gpu.caps),
    ];
  } finally {
    gpu.dispose();
  }
}

function adapter(caps: Caps): Finding {
  const backend = backendOf(caps);
  const { vendor, architecture, description, isFallbackAdapter } = caps;
  const name = description || `${vendor} ${architecture}`.trim() || "without a name";
  const common = {
    subject: "adapter",
    found: [name, backend ?? [], caps.isCpu ? "on the processor" : []].flat().join(", "),
    details: { vendor, architecture, description, backend, isFallbackAdapter, isCpu: caps.isCpu },
  };
  if (!caps.isCpu) return { ...common, state: "fine" };
  return {
    ...common,
    state: "note",
    remedy: "software rendering is slow: with a graphics card, install its Vulkan driver",
  };
}

function limits({ limits }: Caps): Finding {
  const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  return {
    subject: "limits",
    state: "fine",
    found: `buffer ${mib(limits.maxBufferSize)}, binding ` +
      `${mib(limits.maxStorageBufferBindingSize)}, workgroup ` +
      `${limits.maxComputeInvocationsPerWorkgroup} with ` +
      `${limits.maxComputeWorkgroupStorageSize / 1024} KiB, ` +
      `${limits.maxStorageBuffersPerShaderStage} storage buffers`,
    details: limits,
  };
}

function features(caps: Caps): Finding {
  const { f16, subgroups, subgroupSize, timestamps } = caps;
  const names = [
    ...(f16 ? ["16-bit floats"] : []),
    ...(subgroups ? [`subgroups of ${subgroupSize}`] : []),
    ...(timestamps ? ["timestamps"] : []),
  ];
  return {
    subject: "features",
    state: "fine",
    found: names.length === 0 ? "none of the optional ones" : names.join(", "),
    details: { f16, subgroups, subgroupSize, timestamps },
  };
}

/** What `deno task tune` left, if anything. */
async function tuned(caps: Caps): Promise<readonly Finding[]> {
  const read = await readTuning();
  const misfit = tuningMisfit(caps, read);
  const subject = "tuning";
  if (misfit !== undefined) {
    return [{
      subject,
      state: "note",
      found: `not used: ${misfit}`,
      remedy: "deno task tune makes a new one",
    }];
  }
  if (!read.tuning) return [];
  const count = Object.keys(read.tuning.choices).length;
  return [{ subject, state: "fine", found: `${count} kernels chosen by deno task tune` }];
}

async function kernels(gpu: Gpu): Promise<Finding> {
  try {
    const results = await selfTest(gpu);
    const wrong = results.filter(({ ok }) => !ok);
    const common = { subject: "kernels", details: { results } };
    if (wrong.length === 0) {
      return { ...common, state: "fine", found: `${results.length} agree with float64` };
    }
    const names = wrong.map(({ name, maxError, tolerance }) =>
      `${name} (off by ${maxError.toExponential(1)}, allowed ${tolerance.toExponential(1)})`
    );
    return {
      ...common,
      state: "problem",
      stops: "gpu",
      found: `${wrong.length} of ${results.length} are wrong: ${names.join(", ")}`,
      remedy: "update the graphics driver, or try another card with --device low",
    };
  } catch (error) {
    return {
      subject: "kernels",
      state: "problem",
      stops: "gpu",
      found: toCliError(error).message,
      remedy: "update the graphics driver",
    };
  }
}
