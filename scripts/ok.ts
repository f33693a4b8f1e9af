/**
 * Runs every check and test of the project and ends with one line, `N passed, N failed`.
 *
 * @module
 */
import { readArguments } from "./arguments.ts";
import { print } from "./print.ts";

/** Compares the errors of results with recorded ones. */
const USUAL_ERRORS = "--preload=scripts/typical_errors/check.ts";

/** One thing to run: a `deno` command line, and whether it is a test run whose tests are counted. */
interface Step {
  readonly name: string;
  readonly args: readonly string[];
  readonly counted?: true;
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const root = new URL("../", import.meta.url);

/**
 * On Linux only Vulkan: where Deno loads OpenGL as well, Mesa's EGL frees the data of a thread twice
 * in one of about twenty runs, at exit.
 */
const backend: Record<string, string> =
  Deno.build.os === "linux" && Deno.env.get("DENO_WEBGPU_BACKEND") === undefined
    ? { DENO_WEBGPU_BACKEND: "vulkan" }
    : {};

/** What packages and apps export, except programs, whose options are their documentation. */
function publicEntryPoints(): string[] {
  const entries: string[] = [];
  for (const folder of ["packages", "apps"]) {
    for (const child of Deno.readDirSync(new URL(folder, root))) {
      const manifest = `${folder}/${child.name}/deno.json`;
      if (!exists(manifest)) continue;
      const { exports } = JSON.parse(Deno.readTextFileSync(new URL(manifest, root)));
      const files = typeof exports === "string" ? [exports] : Object.values<string>(exports);
      for (const file of files) {
        if (!file.endsWith("/main.ts")) entries.push(`${folder}/${child.name}/${file.slice(2)}`);
      }
    }
  }
  return entries.sort();
}

function exists(path: string): boolean {
  try {
    Deno.statSync(new URL(path, root));
    return true;
  } catch {
    return false;
  }
}

function steps(): Step[] {
  const all: Step[] = [
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint", "--quiet"] },
    { name: "types", args: ["check"] },
    { name: "types of the README's example", args: ["check", "--doc-only", "README.md"] },
    { name: "documentation", args: ["doc", "--lint", ...publicEntryPoints()] },
    { name: "budgets", args: ["task", "--quiet", "budgets"] },
  ];
  if (exists("scripts/lint_wgsl/main.ts")) {
    all.push({ name: "kernels by Tint", args: ["task", "--quiet", "lint:wgsl"] });
  }
  for (const folder of ["packages", "apps", "tests"]) {
    all.push({
      name: `tests of ${folder} with their examples`,
      args: ["test", "--doc", "--allow-all", "--permit-no-files", USUAL_ERRORS, folder],
      counted: true,
    });
  }
  return all;
}

/** Sums the suites of a JUnit report; a run that fails without a failing test counts as one failure. */
function countTests(report: string, success: boolean): Outcome {
  let [tests, failed] = [0, 0];
  for (const [suite] of report.matchAll(/<testsuite [^>]*>/g)) {
    const attribute = (name: string) =>
      Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    tests += attribute("tests") - attribute("disabled") - attribute("skipped");
    failed += attribute("failures") + attribute("errors");
  }
  const passed = tests - failed;
  return { passed, failed: !success && failed === 0 ? 1 : failed };
}

async function run(step: Step): Promise<Outcome> {
  const report = step.counted ? await Deno.makeTempFile({ suffix: ".xml" }) : undefined;
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: report === undefined ? [...step.args] : [...step.args, `--junit-path=${report}`],
      cwd: root,
      env: backend,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    if (report !== undefined) return countTests(await Deno.readTextFile(report), success);
    return success ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  } finally {
    if (report !== undefined) await Deno.remove(report);
  }
}

readArguments(
  `deno task ok

Runs every check and test of the project that needs no browser and no large files.`,
  {},
);
const total = { passed: 0, failed: 0 };
const summary: string[] = [];
for (const step of steps()) {
  print(`== ${step.name}`);
  const start = performance.now();
  const outcome = await run(step);
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  summary.push(`${outcome.failed === 0 ? "ok  " : "FAIL"} ${step.name} (${seconds} s)`);
}
print(`\n${summary.join("\n")}`);
print(`${total.passed} passed, ${total.failed} failed`);
Deno.exitCode = total.failed === 0 ? 0 : 1;
