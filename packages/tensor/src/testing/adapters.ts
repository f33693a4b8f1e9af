/** Contexts that choose kernels as if they were on another adapter. */
import { acquire, type Caps } from "../gpu/device.ts";
import { Gpu } from "../gpu/gpu.ts";

/** What a graphics card without subgroups says of itself. */
export const CARD: Partial<Caps> = { isCpu: false, subgroups: false };

/**
 * A context in debug mode at WebGPU's default limits, with other facts about the adapter.
 *
 * @param changed The facts that differ; they must be such that the kernels run here.
 * @returns The context.
 */
export async function openAs(changed: Partial<Caps>): Promise<Gpu> {
  const { device, caps } = await acquire({ defaultLimits: true });
  return new Gpu(device, { ...caps, ...changed }, { debug: true });
}
