/**
 * Compiles the kernels of all packages in all variants with Tint, the compiler of Chromium, without
 * a GPU and at WebGPU's default limits. It refuses what Naga lets pass: barriers in non-uniform
 * flow, too much workgroup memory, constant infinities.
 *
 * @module
 */
import { readArguments } from "../arguments.ts";
import { allKernels, kernelFolders } from "./kernels.ts";
import { print } from "../print.ts";

/**
 * Kernels of a process: with some thousands Dawn's null backend has taken gigabytes, and now and then it
 * ends its process or waits for ever.
 */
const PART = 1000;
/** Milliseconds that a part may take; it needs some seconds. */
const LONGEST_PART = 120_000;

/** Kernel files that the catalogue beside them does not list. */
function missingFamilies(folder: URL): string[] {
  const list = Deno.readTextFileSync(new URL("catalogue.ts", folder));
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name !== "catalogue.ts" && !name.endsWith("_test.ts") && !list.includes(`"./${name}"`)
  );
}

/** Whether Tint has nothing against some of the kernels. */
async function compiles(first: number): Promise<boolean> {
  const script = new URL("compile.ts", import.meta.url);
  const { success, code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-ffi"],
      ...[script.pathname, `${first}`, `${PART}`],
    ],
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
    signal: AbortSignal.timeout(LONGEST_PART),
  }).spawn().status;
  if (!success) print(`Tint refused some of the kernels from ${first} on, or ended with ${code}.`);
  return success;
}

readArguments(
  `deno task lint:wgsl

Compiles the kernels of all packages in all variants with Tint.`,
  {},
);
let good = true;
for (const folder of kernelFolders()) {
  for (const name of missingFamilies(folder)) {
    good = false;
    print(`${new URL(name, folder).pathname}: not in catalogue.ts. List its variants there.`);
  }
}
const { length } = await allKernels();
for (let first = 0; first < length; first += PART) good = await compiles(first) && good;
if (good) print(`${length} kernels compiled by Tint, no complaints`);
Deno.exit(good ? 0 : 1);
