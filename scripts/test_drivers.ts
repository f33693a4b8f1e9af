/**
 * Repeats the tests of all packages and the golden suite on SwiftShader, a software driver with four
 * lanes, stricter limits and other rounding than the one that the usual tests run on.
 *
 * Usage: `deno task test:drivers [FILE|FOLDER...]`, with paths only the tests there.
 *
 * @module
 */
import { findSwiftShader } from "./chromium.ts";

const root = new URL("../", import.meta.url);
const SUITES = ["packages", "tests/golden_test.ts", "tests/segmenter_test.ts"];
/** Files of pictures, videos and points, which no GPU is asked about. */
const WITHOUT_GPU = "packages/media";
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
const paths = Deno.args.length > 0 ? Deno.args : SUITES;
const { code } = await deno(
  ["test", "--allow-all", `--ignore=${WITHOUT_GPU}`, ...paths],
  driver,
).spawn().status;
Deno.exitCode = code;
