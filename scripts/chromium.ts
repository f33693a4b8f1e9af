/** Debian's Chromium: a browser with WebGPU, and the software Vulkan driver that it brings. */

const PACKAGES = ["chromium"];
const INSTALL = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...PACKAGES];
const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const DRIVER = "vk_swiftshader_icd.json";
const NAME_OF_ADAPTER = "console.log((await navigator.gpu.requestAdapter())?.info.description)";

/** What a command printed, or nothing if it failed or is not there. */
async function printed(program: string, args: readonly string[]): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function install(): Promise<void> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0 || !await printed("apt-get", ["--version"])) {
    throw new Error(
      `Cannot find Chromium. Install it, on Debian by: sudo ${INSTALL.join(" ")}`,
    );
  }
  for (const [program = "", ...args] of [["apt-get", "update", "-qq"], INSTALL]) {
    const { success } = await new Deno.Command(program, {
      args,
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      stdout: "null",
    }).output();
    if (!success) throw new Error(`Cannot install Chromium: ${program} ${args.join(" ")} failed.`);
  }
}

async function found(search: () => Promise<string>, what: string): Promise<string> {
  const path = await search();
  if (path) return path;
  await install();
  const installed = await search();
  if (installed) return installed;
  throw new Error(`Cannot find ${what} after installing Chromium.`);
}

/**
 * The browser's program; as root on Debian it is installed if it is missing.
 *
 * @returns Its path.
 * @throws {Error} With the command to run, where it cannot be installed.
 */
export function findChromium(): Promise<string> {
  return found(async () => {
    for (const name of NAMES) {
      const path = await printed("which", [name]);
      if (path) return path;
    }
    return "";
  }, "the browser");
}

/**
 * What makes SwiftShader the adapter of a program; Chromium, which brings it, is installed if it is
 * missing.
 *
 * @returns Variables of the program's environment.
 * @throws {Error} With the command to run, where it cannot be installed, or if another adapter comes.
 */
export async function swiftShader(): Promise<Record<string, string>> {
  const driver = await found(async () => {
    const files = await printed("dpkg", ["-L", "chromium", "chromium-common"]);
    return files.split("\n").find((path) => path.endsWith(`/${DRIVER}`)) ?? "";
  }, "SwiftShader");
  const env = { VK_ICD_FILENAMES: driver, DENO_WEBGPU_BACKEND: "vulkan" };
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", NAME_OF_ADAPTER],
    env,
  }).output();
  const adapter = new TextDecoder().decode(stdout).trim();
  if (adapter.includes("SwiftShader")) return env;
  throw new Error(`Cannot test SwiftShader: with ${driver} the adapter is ${adapter}.`);
}
