/** All kernels of all packages, from the catalogues beside their families. */
import type { Kernel } from "../../packages/tensor/src/wgsl/kernel.ts";

const packages = new URL("../../packages/", import.meta.url);

/** What a catalogue exports. */
export interface Catalogue {
  readonly catalogue: () => Kernel[];
}

/**
 * Folders with kernel families.
 *
 * @returns One in a package, in the same order each time.
 */
export function kernelFolders(): URL[] {
  const names = [...Deno.readDirSync(packages)].map(({ name }) => name).sort();
  return names.map((name) => new URL(`${name}/src/kernels/`, packages)).filter((folder) => {
    try {
      return Deno.statSync(folder).isDirectory;
    } catch {
      return false;
    }
  });
}

/**
 * Every text once.
 *
 * @returns Kernels with different texts, in the same order each time.
 */
export async function allKernels(): Promise<Kernel[]> {
  const kernels = new Map<string, Kernel>();
  for (const folder of kernelFolders()) {
    const { catalogue }: Catalogue = await import(new URL("catalogue.ts", folder).href);
    for (const kernel of catalogue()) kernels.set(kernel.features.join() + kernel.code, kernel);
  }
  return [...kernels.values()];
}
