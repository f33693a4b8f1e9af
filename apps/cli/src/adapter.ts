import type { Caps } from "@vicinity/tensor";

/** OpenGL, Deno's way out without a Vulkan driver, offers no more storage buffers than this. */
const OPENGL_BUFFERS = 16;
const CHOSEN_BACKEND = "DENO_WEBGPU_BACKEND";

/**
 * Which graphics interface a context uses, by the names of `DENO_WEBGPU_BACKEND`.
 *
 * @param caps Facts about the adapter.
 * @returns `vulkan`, `metal`, `dx12` or `gl`; null where it cannot be told.
 */
export function backendOf({ limits, subgroups }: Caps): string | null {
  const chosen = Deno.env.get(CHOSEN_BACKEND);
  if (chosen) return chosen;
  if (Deno.build.os === "darwin") return "metal";
  if (Deno.build.os === "windows") return null;
  const isOpenGl = limits.maxStorageBuffersPerShaderStage <= OPENGL_BUFFERS && !subgroups;
  return isOpenGl ? "gl" : "vulkan";
}

/**
 * How the processor comes to do the work.
 *
 * @returns What to install, in a few words.
 */
export function softwareAdapter(): string {
  if (Deno.build.os !== "linux") return "it needs a driver that has such an adapter";
  return "it is of the packages mesa-vulkan-drivers and libvulkan1: " +
    "sudo apt-get install -y mesa-vulkan-drivers libvulkan1";
}

/**
 * What to do where no adapter is found.
 *
 * @returns One next step.
 */
export function adapterRemedy(): string {
  const chosen = Deno.env.get(CHOSEN_BACKEND);
  // On Linux commands choose Vulkan themselves.
  const isUsual = chosen === undefined || (chosen === "vulkan" && Deno.build.os === "linux");
  if (!isUsual) return `unset ${CHOSEN_BACKEND}`;
  if (Deno.build.os !== "linux") return "install the card's driver";
  return "install the card's Vulkan driver, or for work on the processor: " +
    "sudo apt-get install -y mesa-vulkan-drivers libvulkan1";
}
