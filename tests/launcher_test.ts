import assert from "node:assert/strict";
import { BareMachine, fakeDeno, LAUNCHER } from "./bare_machine.ts";
import { environmentIn } from "./command_line.ts";

const onUnix = Deno.build.os !== "windows";

async function launch(args: readonly string[], cwd: string) {
  const { code, stdout, stderr } = await new Deno.Command(LAUNCHER, {
    args: [...args],
    cwd,
    clearEnv: true,
    env: environmentIn(cwd),
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

Deno.test({
  name: "the launcher takes the ffmpeg that the command will take, and asks for one only without",
  ignore: !onUnix,
  fn: async () => {
    await using machine = await BareMachine.create({ deno: fakeDeno("2.9.6") });
    const launch = (env = {}) => machine.launch(["segment", "a b.png"], env);
    const said = "deno 2.9.6 task --quiet segment a b.png";
    const goesOn = { code: 0, said, complaint: "", calls: [] };
    const without = await launch();
    assert.equal(without.code, 1);
    assert.match(without.complaint, /Cannot go on: this machine lacks ffmpeg/);
    const named = { FFMPEG_BIN: "/none/ffmpeg", FFPROBE_BIN: "/none/ffprobe" };
    assert.deepEqual(await launch(named), goesOn);
    await machine.give(["node_modules", "ffmpeg-static", "ffmpeg"]);
    assert.equal((await launch()).code, 1, "ffprobe is needed too");
    await machine.give(["node_modules", "ffmpeg-static", "ffprobe"]);
    assert.deepEqual(await launch(), goesOn);
    await machine.take("node_modules");
    await machine.give(["bin", "ffmpeg"]);
    await machine.give(["bin", "ffprobe"]);
    assert.deepEqual(await launch(), goesOn);
  },
});
