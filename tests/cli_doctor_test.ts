import assert from "node:assert/strict";
import { runTask } from "./command_line.ts";

const cwd = Deno.cwd();

interface Finding {
  readonly subject: string;
  readonly state: string;
  readonly remedy: string | null;
}

function findingsOf(stdout: Uint8Array): Finding[] {
  return JSON.parse(new TextDecoder().decode(stdout)).findings;
}

Deno.test("the doctor finds nothing wrong where the tests run", async () => {
  const { code, stdout, stderr } = await runTask("doctor", [], { cwd });
  const report = new TextDecoder().decode(stdout);
  assert.equal(code, 0, report + stderr);
  for (
    const part of [
      "permissions",
      "Deno",
      "disk",
      "adapter",
      "limits",
      "kernels",
      "ffmpeg",
      "libx264",
      "sharp",
    ]
  ) {
    assert.ok(report.includes(part), part);
  }
  assert.match(report, /\d+ agree with float64/);
});

Deno.test("the doctor says what Deno does not allow, and looks no further", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "apps/doctor/main.ts", "--json"],
    cwd: new URL("..", import.meta.url),
  }).output();
  const [only, ...rest] = findingsOf(stdout);
  assert.equal(code, 1);
  assert.deepEqual([only?.subject, only?.state, rest], ["permissions", "problem", []]);
  assert.match(only?.remedy ?? "", /deno task doctor/);
});

Deno.test("the doctor names a remedy for each problem and fails by the worst", async () => {
  const noGpu = { DENO_WEBGPU_BACKEND: "dx12" };
  const noFfmpeg = { FFMPEG_BIN: "/no/such/ffmpeg" };
  const cases = [
    [{ ...noGpu, ...noFfmpeg }, 6, ["adapter", "ffmpeg"]],
    [noFfmpeg, 8, ["ffmpeg"]],
  ] as const;
  for (const [env, expected, subjects] of cases) {
    const { code, stdout, stderr } = await runTask("doctor", ["--json"], { cwd, env });
    assert.equal(code, expected, stderr);
    const problems = findingsOf(stdout).filter(({ state }) => state === "problem");
    assert.deepEqual(problems.map(({ subject }) => subject), subjects);
    assert.ok(problems.every(({ remedy }) => remedy !== null));
  }
});
