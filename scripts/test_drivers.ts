/**
 * Repeats the kernel and golden suites on SwiftShader, a software driver with four lanes, stricter
 * limits and other rounding than the one that the usual tests run on.
 *
 * @module
 */
import { findSwiftShader } from "./chromium.ts";

const root = new URL("../", import.meta.url);
const SUITES = [
  "packages/tensor",
  "packages/attention",
  "packages/vision",
  "packages/simplegvr",
  "tests/golden_test.ts",
];
const NAME_OF_ADAPTER = "console.log((await navigator.gpu.requestAdapter())?.info.description)";

function deno(args: readonly string[], driver: string): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { VK_ICD_FILENAMES: driver, DENO_WEBGPU_BACKEND: "vulkan" },
    stdin: "null",
    stderr: "inherit",
    stdout: args[0] === "test" ? "inherit" : "piped",
  });
}

const driver = await findSwiftShader();
const { stdout } = await deno(["eval", "--no-config", NAME_OF_ADAPTER], driver).output();
const adapter = new TextDecoder().decode(stdout).trim();
if (!adapter.includes("SwiftShader")) {
  throw new Error(`Cannot test SwiftShader: with ${driver} the adapter is ${adapter}.`);
}
Deno.stdout.writeSync(new TextEncoder().encode(`== ${adapter}\n`));
const { code } = await deno(["test", "--allow-all", ...SUITES], driver).spawn().status;
Deno.exitCode = code;
