/** WGSL texts to be read: one kernel of each family, as `fixtures/wgsl` keeps them. */
import type { Kernel } from "../../packages/tensor/src/wgsl/kernel.ts";
import { type Catalogue, kernelFolders } from "./kernels.ts";

/** The folder of the texts. */
export const SNAPSHOTS = new URL("../../fixtures/wgsl/", import.meta.url);

/** What a family is called in a file's name: its kernels' label without the extents of windows. */
function familyOf({ label }: Kernel): string {
  return label.replace(/_\d+(x\d+)+/, "").replaceAll(/\W+/g, "_").replace(/_$/, "");
}

/**
 * Which of a family is shown: of those with the most bindings, so that optional parts are in it, the
 * shortest.
 */
function isShown(kernel: Kernel, than: Kernel): boolean {
  const more = kernel.access.length - than.access.length;
  return more > 0 || (more === 0 && kernel.code.length < than.code.length);
}

function textOf({ label, features, code }: Kernel): string {
  return `// ${label}\n${features.map((feature) => `enable ${feature};\n`).join("")}${code}`;
}

/**
 * Builds the texts.
 *
 * @returns Them by their files' paths inside {@link SNAPSHOTS}, `package/family.wgsl`.
 */
export async function snapshots(): Promise<Map<string, string>> {
  const shown = new Map<string, Kernel>();
  for (const folder of kernelFolders()) {
    const [, owner] = folder.pathname.match(/(\w+)\/src\/kernels\/$/) ?? [];
    const { catalogue }: Catalogue = await import(new URL("catalogue.ts", folder).href);
    for (const kernel of catalogue()) {
      const path = `${owner}/${familyOf(kernel)}.wgsl`;
      const before = shown.get(path);
      if (before === undefined || isShown(kernel, before)) shown.set(path, kernel);
    }
  }
  return new Map(shown.entries().map(([path, kernel]) => [path, textOf(kernel)]));
}
