import assert from "node:assert/strict";
import { join } from "node:path";
import { FakeHub } from "../packages/checkpoint/src/testing/fake_hub.ts";
import { inFolder, namesIn, runTask, taskCommand, tinyModel, writeClip } from "./command_line.ts";

Deno.test("Ctrl-C ends the command with 130 and leaves no half-written file", async () => {
  await inFolder(async (folder) => {
    const { code, said } = await stopUpscale(folder, "INT");
    assert.equal(code, 130, said);
    assert.match(said, /error\[INTERRUPTED\]: stopped after \d+ of 500 frames/);
    assert.match(said, /hint: no frame of it is kept: with --resume/);
    assert.ok(!namesIn(folder).includes("out"));
  });
});

Deno.test("a terminal that is closed leaves no half-written file", async () => {
  await inFolder(async (folder) => {
    const { said } = await stopUpscale(folder, "HUP");
    assert.match(said, /error\[INTERRUPTED\]/);
    assert.ok(!namesIn(folder).includes("out"));
  });
});

/** Stops `upscale` when it shows how far it is; comes back when nothing of it is left. */
async function stopUpscale(folder: string, signal: "INT" | "HUP") {
  await writeClip(join(folder, "a.mp4"), 20);
  const args = ["a.mp4", "--scale", "4", "-w", await tinyModel()];
  const child = taskCommand("upscale", args, { cwd: folder }).spawn();
  let [said, pressed] = ["", false];
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (pressed || !/upscale \d+\/500/.test(said)) continue;
    pressed = true;
    await interrupt(child.pid, signal);
  }
  await child.stdout.cancel();
  const { code } = await child.status;
  return { code, said };
}

Deno.test("Ctrl-C in a download keeps what came, and the next one goes on there", async () => {
  await inFolder(async (folder) => {
    const weights = await Deno.readFile(await tinyModel());
    let silent = true;
    const stalled = () =>
      new Response(
        new ReadableStream<Uint8Array<ArrayBuffer>>({
          start: (controller) => controller.enqueue(weights.subarray(0, 1000)),
        }),
      );
    await using hub = new FakeHub({
      files: { "model.safetensors": weights },
      trouble: ({ host }) => host === "storage" && silent ? stalled() : undefined,
    });
    const env = { VICINITY_CACHE: join(folder, "cache"), HF_ENDPOINT: hub.endpoint };
    const args = ["hf:owner/name", "--progress", "json"];
    const child = taskCommand("download", args, { cwd: folder, env }).spawn();
    let [said, pressed] = ["", false];
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (pressed || !said.includes('"event":"progress"')) continue;
      pressed = true;
      await interrupt(child.pid, "INT");
    }
    await child.stdout.cancel();
    assert.equal((await child.status).code, 130, said);
    assert.match(said, /"code":"INTERRUPTED".*"hint":"what came is kept/);
    silent = false;
    const again = await runTask("download", args, { cwd: folder, env });
    assert.equal(again.code, 0, again.stderr);
    assert.equal(hub.seen.at(-1)?.range, "bytes=1000-");
  });
});

/** A terminal sends the signal to every process of the group. */
async function interrupt(group: number, signal: "INT" | "HUP"): Promise<void> {
  await new Deno.Command("kill", { args: [`-${signal}`, "--", `-${group}`] }).output();
}
