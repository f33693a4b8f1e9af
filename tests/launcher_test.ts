import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const LAUNCHER = fileURLToPath(new URL("../vicinity", import.meta.url));
const onUnix = Deno.build.os !== "windows";

async function launch(args: readonly string[], cwd: string) {
  const { INIT_CWD: _, ...env } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(LAUNCHER, {
    args: [...args],
    cwd,
    clearEnv: true,
    env,
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test({
  name: "the launcher shows how it is used, and fails when it was told nothing",
  ignore: !onUnix,
  fn: async () => {
    const cwd = Deno.cwd();
    const [asked, told] = [await launch(["--help"], cwd), await launch([], cwd)];
    assert.match(asked.stderr, /\.\/vicinity upscale/);
    assert.deepEqual([asked.code, told.code], [0, 2]);
    assert.equal(told.stderr, asked.stderr);
  },
});

Deno.test({
  name: "the launcher hands over with the user's folder, arguments and exit code",
  ignore: !onUnix,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "vicinity test " });
    try {
      const missing = await launch(["upscale", "no such.png"], folder);
      assert.equal(missing.code, 4, missing.stderr);
      assert.match(missing.stderr, /error\[INPUT_MISSING\].*\n {2}file: no such\.png/);
      const doctor = await launch(["doctor", "--json"], folder);
      const { findings } = JSON.parse(doctor.stdout);
      const disk = findings.find(({ subject }: { subject: string }) => subject === "disk");
      assert.equal(disk.details.folder, await Deno.realPath(folder));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
