/** Runs of the tests that compare what an adapter computes with references. */

/** Packages and the golden suite. */
export const SUITES = ["packages", "tests/golden_test.ts", "tests/segmenter_test.ts"];

/** Files of pictures, videos and points, which no GPU is asked about. */
const WITHOUT_GPU = "packages/media";

const root = new URL("../../", import.meta.url);

/**
 * A run of tests with an eye on their errors.
 *
 * @param eye Whether errors are compared with the recorded ones or recorded.
 * @param paths Files and folders with tests.
 * @param options Variables of the environment, for another driver.
 * @returns The command, to be spawned.
 */
export function testCommand(
  eye: "check" | "record",
  paths: readonly string[],
  { env }: { readonly env: Record<string, string> },
): Deno.Command {
  const preload = `--preload=scripts/typical_errors/${eye}.ts`;
  return new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", preload, `--ignore=${WITHOUT_GPU}`, ...paths],
    cwd: root,
    env,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  });
}
