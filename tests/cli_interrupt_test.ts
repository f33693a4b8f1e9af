import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, namesIn, taskCommand, tinyModel, writeClip } from "./command_line.ts";

Deno.test("Ctrl-C ends the command with 130 and leaves no half-written file", async () => {
  await inFolder(async (folder) => {
    await writeClip(join(folder, "a.mp4"), 20);
    const args = ["a.mp4", "--scale", "4", "-w", await tinyModel()];
    const child = taskCommand("upscale", args, { cwd: folder }).spawn();
    let [said, pressed] = ["", false];
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (pressed || !/upscale \d+\/500/.test(said)) continue;
      pressed = true;
      await interrupt(child.pid);
    }
    await child.stdout.cancel();
    const { code } = await child.status;
    assert.equal(code, 130, said);
    assert.match(said, /error\[INTERRUPTED\]: stopped after \d+ of 500 frames/);
    assert.deepEqual(namesIn(join(folder, "out")), []);
  });
});

/** A terminal sends the signal to every process of the group. */
async function interrupt(group: number): Promise<void> {
  await new Deno.Command("kill", { args: ["-INT", "--", `-${group}`] }).output();
}
