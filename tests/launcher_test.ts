import assert from "node:assert/strict";
import { join } from "node:path";
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

/** Tools that the launcher itself calls. */
const TOOLS = ["sh", "dirname", "uname", "awk", "id", "mkdir", "chmod", "readlink", "cat"];
const FAKE_DENO = `#!/bin/sh
case $1 in --version) echo "deno 2.9.6" ;; task) echo "$*" ;; esac
`;

/** Starts a copy of the launcher on a machine that has its tools, a Deno that only says its name, and no more. */
async function launchBare(folder: string, env: Readonly<Record<string, string>>) {
  const bin = join(folder, "bin");
  await Deno.mkdir(bin, { recursive: true });
  for (const tool of TOOLS) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${tool}`] })
      .output();
    const path = new TextDecoder().decode(stdout).trim();
    await Deno.symlink(path, join(bin, tool)).catch(() => {});
  }
  await Deno.writeTextFile(join(bin, "deno"), FAKE_DENO, { mode: 0o755 });
  const launcher = join(folder, "vicinity");
  await Deno.copyFile(LAUNCHER, launcher);
  const { code, stdout, stderr } = await new Deno.Command(launcher, {
    args: ["segment", "a b.png"],
    cwd: folder,
    clearEnv: true,
    env: { PATH: bin, HOME: folder, ...env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, said: text(stdout), complaint: text(stderr) };
}

Deno.test({
  name: "the launcher takes the ffmpeg that the command will take, and asks for one only without",
  ignore: !onUnix,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "vicinity test " });
    const program = async (...path: string[]) => {
      await Deno.mkdir(join(folder, ...path.slice(0, -1)), { recursive: true });
      await Deno.writeTextFile(join(folder, ...path), "#!/bin/sh\n", { mode: 0o755 });
    };
    const goesOn = { code: 0, said: "task --quiet segment a b.png", complaint: "" };
    try {
      const without = await launchBare(folder, {});
      assert.equal(without.code, 1);
      assert.match(without.complaint, /Cannot go on: this machine lacks ffmpeg/);
      const named = { FFMPEG_BIN: "/none/ffmpeg", FFPROBE_BIN: "/none/ffprobe" };
      assert.deepEqual(await launchBare(folder, named), goesOn);
      await program("node_modules", "ffmpeg-static", "ffmpeg");
      assert.equal((await launchBare(folder, {})).code, 1, "ffprobe is needed too");
      await program("node_modules", "ffmpeg-static", "ffprobe");
      assert.deepEqual(await launchBare(folder, {}), goesOn);
      await Deno.remove(join(folder, "node_modules"), { recursive: true });
      await program("bin", "ffmpeg");
      await program("bin", "ffprobe");
      assert.deepEqual(await launchBare(folder, {}), goesOn);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
