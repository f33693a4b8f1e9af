/**
 * Compiles the kernels of all packages in all variants with Tint, the compiler of Chromium, without
 * a GPU and at WebGPU's default limits. It refuses what Naga lets pass: barriers in non-uniform
 * flow, too much workgroup memory, constant infinities.
 *
 * @module
 */
import { create } from "webgpu";
import type { Kernel } from "../packages/tensor/src/wgsl/kernel.ts";

const root = new URL("../", import.meta.url);

/** What a catalogue exports. */
interface Catalogue {
  readonly catalogue: () => Kernel[];
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Folders with kernel families, one in a package. */
function kernelFolders(): URL[] {
  const folders: URL[] = [];
  for (const { name } of Deno.readDirSync(new URL("packages", root))) {
    const folder = new URL(`packages/${name}/src/kernels/`, root);
    try {
      Deno.statSync(folder);
      folders.push(folder);
    } catch {
      // A package without kernels.
    }
  }
  return folders;
}

/** Kernel files that the catalogue beside them does not list. */
function missingFamilies(folder: URL): string[] {
  const list = Deno.readTextFileSync(new URL("catalogue.ts", folder));
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name !== "catalogue.ts" && !name.endsWith("_test.ts") && !list.includes(`"./${name}"`)
  );
}

async function openTint(instance: GPU): Promise<GPUDevice> {
  const adapter = await instance.requestAdapter();
  const device = await adapter?.requestDevice({
    requiredFeatures: ["shader-f16", "subgroups"] as GPUFeatureName[],
  });
  if (!device) throw new Error("Cannot open Tint: the null backend gave no device.");
  return device;
}

/** What Tint says against a kernel, with the line it points to. */
async function complaints(device: GPUDevice, kernel: Kernel): Promise<string[]> {
  const enables = kernel.features.map((feature) => `enable ${feature};\n`).join("");
  const code = enables + kernel.code;
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: kernel.label, code });
  const { messages } = await module.getCompilationInfo();
  if (messages.length === 0) {
    device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
  }
  const error = await device.popErrorScope();
  const lines = code.split("\n");
  const found = messages.map(({ type, lineNum, message }) =>
    `${type} in line ${lineNum}: ${message}\n  | ${lines[lineNum - 1] ?? ""}`
  );
  return found.length === 0 && error ? [error.message] : found;
}

// Tint lives as long as the instance, which nothing else keeps from the garbage collector.
const instance = create(["backend=null"]);
const device = await openTint(instance);
const seen = new Set<string>();
let bad = 0;
for (const folder of kernelFolders()) {
  for (const name of missingFamilies(folder)) {
    bad++;
    print(`${new URL(name, folder).pathname}: not in catalogue.ts. List its variants there.`);
  }
  const { catalogue }: Catalogue = await import(new URL("catalogue.ts", folder).href);
  for (const kernel of catalogue()) {
    const key = kernel.features.join() + kernel.code;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const complaint of await complaints(device, kernel)) {
      bad++;
      print(`${kernel.label}: ${complaint}`);
    }
  }
}
device.destroy();
print(`${seen.size} kernels compiled by Tint, ${bad} complaints`);
Deno.exit(bad === 0 ? 0 : 1);
