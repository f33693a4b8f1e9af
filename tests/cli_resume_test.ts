import assert from "node:assert/strict";
import { join } from "node:path";
import {
  inFolder,
  namesIn,
  taskCommand,
  tinyModel,
  writeClip,
  writePicture,
} from "./command_line.ts";

/** Seconds of a clip whose second part is long enough to be stopped in: 120 frames make one. */
const SECONDS = 6;

Deno.test("a run that was killed and one that was stopped go on to the same bytes", async () => {
  await inFolder(async (folder, upscale) => {
    await writeClip(join(folder, "a.mp4"), SECONDS);
    const args = ["a.mp4", "--scale", "1.5", "--preset", "ultrafast", "--resume"];
    const whole = await upscale([...args, "-o", "whole.mp4"]);
    assert.equal(whole.code, 0, whole.stderr);

    const state = join(folder, "out", "a.x1.5.mp4.work", "state.json");
    const killed = await stopWhen(folder, args, "KILL", async () => {
      const text = await Deno.readTextFile(state).catch(() => "");
      return text.includes("00000.mp4");
    });
    assert.notEqual(killed.code, 0, killed.said);
    const other = await upscale([...args, "--crf", "20"]);
    assert.equal(other.code, 7, other.stderr);
    assert.match(other.stderr, /error\[RESUME_MISMATCH\].*crf was 16, now 20\n.*\n.*--restart/);

    const stopped = await stopWhen(folder, args, "INT", (said) => /upscale 1\d\d\/150/.test(said));
    assert.equal(stopped.code, 130, stopped.said);
    assert.match(stopped.said, /stopped after 1[2-4]\d of 150 frames\n.*120 finished.*--resume/);
    assert.deepEqual(namesIn(join(state, "..")), ["00000.mp4", "lock", "state.json"]);

    const last = await upscale([...args, "--json"]);
    assert.equal(last.code, 0, last.stderr);
    const { result } = JSON.parse(new TextDecoder().decode(last.stdout));
    assert.deepEqual([result.frames, result.resumedFrames], [150, 120]);
    const made = await Deno.readFile(join(folder, "whole.mp4"));
    assert.deepEqual(await Deno.readFile(join(folder, "out", "a.x1.5.mp4")), made);
    assert.deepEqual(namesIn(join(folder, "out")), ["a.x1.5.mp4", "run.json"]);
  });
});

Deno.test("parts are thrown away with --restart, and have no place on standard output", async () => {
  await inFolder(async (folder, upscale) => {
    await writeClip(join(folder, "a.mp4"), 0.2);
    await writePicture(join(folder, "b.png"), 8, 6);
    await Deno.mkdir(join(folder, "out", "a.x2.mp4.work"), { recursive: true });
    await Deno.writeTextFile(join(folder, "out", "a.x2.mp4.work", "state.json"), "{");
    const ended = await upscale(["a.mp4", "b.png", "--restart", "--compare"]);
    assert.equal(ended.code, 0, ended.stderr);
    const names = ["a.x2.compare.mp4", "a.x2.mp4", "b.x2.compare.png", "b.x2.png", "run.json"];
    assert.deepEqual(namesIn(join(folder, "out")), names);
    const cut = ["--resume", "--encoder-args=-t 1"];
    const nothing = ["--resume", "--save", "none", "--json"];
    for (const args of [["--resume", "--restart"], ["--resume", "-o", "-"], cut, nothing]) {
      const refused = await upscale(["a.mp4", ...args]);
      assert.equal(refused.code, 2, refused.stderr);
    }
  });
});

/** Runs `upscale` until something has come about, and ends it then; comes back when it is gone. */
async function stopWhen(
  folder: string,
  args: readonly string[],
  signal: "INT" | "KILL",
  isTime: (said: string) => boolean | Promise<boolean>,
) {
  const weights = await tinyModel();
  const child = taskCommand("upscale", ["-w", weights, ...args], { cwd: folder }).spawn();
  let [said, ended] = ["", false];
  const listening = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
    ended = true;
  })();
  while (!ended && !await isTime(said)) await new Promise((resume) => setTimeout(resume, 10));
  await new Deno.Command("kill", { args: [`-${signal}`, "--", `-${child.pid}`] }).output();
  await child.stdout.cancel();
  await listening;
  return { code: (await child.status).code, said };
}
