/** Names, streams and terminals at the edge of what there is. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  CONFIG,
  environmentIn,
  inFolder,
  namesIn,
  taskCommand,
  tinyModel,
  writePicture,
} from "./command_line.ts";
import { readDocument } from "./documents.ts";

const onLinux = Deno.build.os === "linux";

/** Runs `upscale` through a shell; `$UPSCALE` is the command. */
async function inShell(script: string, cwd: string) {
  const upscale = [Deno.execPath(), "task", "--quiet", "--config", CONFIG, "upscale", "-w"];
  const command = [...upscale, await tinyModel()].map((word) => `'${word}'`).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", script.replaceAll("UPSCALE", command)],
    cwd,
    clearEnv: true,
    env: environmentIn(cwd),
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("names may have blanks, signs, other scripts, a dash in front and any length", async () => {
  await inFolder(async (folder, upscale) => {
    const stems = ["-dash", "a b ' \" $HOME", "ünï 雪 🙂", "n".repeat(240), "雪".repeat(80)];
    for (const stem of stems) await writePicture(join(folder, `${stem}.png`), 8, 6);
    const ended = await upscale(["--", ...stems.map((stem) => `${stem}.png`)]);
    assert.equal(ended.code, 0, ended.stderr);
    const made = [...stems.map((stem) => `${stem}.x2.png`), "run.json"];
    assert.deepEqual(namesIn(join(folder, "out")), made.toSorted());
    const bare = await upscale(["-dash.png"]);
    assert.equal(bare.code, 2);
    assert.match(bare.stderr, /unknown option -d/);
  });
});

Deno.test("a name that no file can have is told before the work", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, `${"n".repeat(251)}.png`), 8, 6);
    const long = await upscale([`${"n".repeat(251)}.png`]);
    assert.equal(long.code, 7, long.stderr);
    assert.match(long.stderr, /^error\[OUTPUT_DENIED\]: cannot write: the name is too long/m);
    assert.doesNotMatch(long.stderr, /GPU_SOFTWARE/);
    assert.ok(!namesIn(folder).includes("out"));
    const never = await upscale([`${"n".repeat(300)}.png`]);
    assert.equal(never.code, 4, never.stderr);
    assert.match(never.stderr, /^error\[INPUT_MISSING\]: the name is too long/m);
  });
});

Deno.test("a file that is not there fails, and those beside it do not", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "photo.png"), 8, 6);
    const ended = await upscale(["phoot.png", "photo.png", "--json", "-q"]);
    assert.equal(ended.code, 3, ended.stderr);
    const lines = new TextDecoder().decode(ended.stdout).trim().split("\n");
    const records = lines.map((line) =>
      readDocument<{ status: string; error: { code: string; hint: string } | null }>(line)
    );
    assert.deepEqual(records.map(({ status }) => status), ["failed", "done"]);
    assert.equal(records[0]?.error?.code, "INPUT_MISSING");
    assert.match(records[0]?.error?.hint ?? "", /photo\.png/);
    assert.equal((await upscale(["phoot.png", "other.png"])).code, 4);
  });
});

Deno.test("inputs that differ by their ending keep it, which is said", async () => {
  await inFolder(async (folder, upscale) => {
    for (const name of ["a.png", "b.png"]) await writePicture(join(folder, name), 8, 6);
    await Deno.copyFile(join(folder, "a.png"), join(folder, "a.gif"));
    const ended = await upscale(["a.gif", "a.png", "b.png"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /^2 inputs share their names .*a\.gif\.x2\.png$/m);
    const made = ["a.gif.x2.png", "a.png.x2.png", "b.x2.png", "run.json"];
    assert.deepEqual(namesIn(join(folder, "out")), made);
  });
});

Deno.test("a reader that goes away ends the run with 141, without a message", async () => {
  await inFolder(async (folder) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    for (const args of [["a.png", "-o", "-", "-q"], ["a.png", "--json", "-q"], ["--help"]]) {
      const weights = ["-w", await tinyModel()];
      const child = taskCommand("upscale", [...weights, ...args], { cwd: folder }).spawn();
      await child.stdout.cancel();
      const stderr = await new Response(child.stderr).text();
      assert.deepEqual([(await child.status).code, stderr], [141, ""], args.join(" "));
    }
  });
});

Deno.test("where nobody reads messages the work is done all the same", async () => {
  await inFolder(async (folder) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const options = { cwd: folder };
    const child = taskCommand("upscale", ["-w", await tinyModel(), "a.png"], options).spawn();
    await child.stderr.cancel();
    await child.stdout.cancel();
    assert.equal((await child.status).code, 0);
    assert.deepEqual(namesIn(join(folder, "out")), ["a.x2.png", "run.json"]);
  });
});

Deno.test({
  name: "a full disk is told as one, whatever was to be written",
  ignore: !onLinux,
  fn: async () => {
    await inFolder(async (folder) => {
      await writePicture(join(folder, "a.png"), 8, 6);
      for (const args of ["a.png -o -", "a.png --json", "--help"]) {
        const { code, stderr } = await inShell(`UPSCALE -q ${args} > /dev/full`, folder);
        assert.equal(code, 7, stderr);
        assert.match(stderr, /^error\[OUTPUT_NOSPACE\]/m);
      }
    });
  },
});

Deno.test({
  name: "a terminal that knows no width gets a bar of 80 columns, a dumb one lines",
  ignore: !onLinux,
  fn: async () => {
    await inFolder(async (folder) => {
      await writePicture(join(folder, "a.png"), 8, 6);
      const inTerminal = (setting: string) =>
        inShell(`script -qec "${setting} UPSCALE a.png --overwrite" /dev/null`, folder);
      const bar = await inTerminal("stty cols 0;");
      assert.equal(bar.code, 0, bar.stdout);
      // deno-lint-ignore no-control-regex
      const drawn = bar.stdout.split(/\r|\n/).map((it) => it.replace(/\x1b\[[?0-9]*[a-zA-Z]/g, ""));
      assert.ok(drawn.some((line) => /^upscale 1\/1 {2}100 % {2}\[=+\]/.test(line)), bar.stdout);
      assert.ok(drawn.every((line) => !line.startsWith("upscale ") || line.length < 80));
      assert.ok(bar.stdout.includes("\x1b[?25h"), "the cursor is shown again");
      const lines = await inTerminal("TERM=dumb NO_COLOR=1");
      assert.ok(!lines.stdout.includes("\x1b"), lines.stdout);
    });
  },
});
