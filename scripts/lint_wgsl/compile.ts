/**
 * Compiles some of the kernels with Tint: `compile.ts FIRST COUNT`. Ends with 1 if it complains.
 *
 * @module
 */
import { create } from "webgpu";
import type { Kernel } from "../../packages/tensor/src/wgsl/kernel.ts";
import { allKernels } from "./kernels.ts";
import { print } from "../print.ts";

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
const [first = 0, count = 0] = Deno.args.map(Number);
let bad = 0;
for (const kernel of (await allKernels()).slice(first, first + count)) {
  for (const complaint of await complaints(device, kernel)) {
    bad++;
    print(`${kernel.label}: ${complaint}`);
  }
}
device.destroy();
Deno.exit(bad === 0 ? 0 : 1);
