import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage } from "@vicinity/media";
import { FakeHub } from "../packages/checkpoint/src/testing/fake_hub.ts";
import {
  inFolder,
  namesIn,
  runTask,
  taskCommand,
  tinyModel,
  writeClip,
  writePicture,
} from "./command_line.ts";

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

Deno.test("Ctrl-C among pictures keeps those that are done, and the rest is made later", async () => {
  await inFolder(async (folder, upscale) => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    await Deno.mkdir(join(folder, "in"));
    for (const name of names) await writePicture(join(folder, "in", `${name}.png`), 120, 80);
    const args = ["in", "-w", await tinyModel(), "--scale", "4"];
    const { code, said } = await stopWhen(/upscale 2\/8/, args, { folder, signal: "INT" });
    assert.equal(code, 130, said);
    const out = join(folder, "out");
    const made = namesIn(out).filter((name) => name !== "run.json");
    assert.ok(made.length >= 2 && made.length < 8, `${made}`);
    for (const name of made) {
      const { width, height } = await decodeImage(await Deno.readFile(join(out, name)));
      assert.deepEqual([name.slice(1), width, height], [".x4.png", 480, 320]);
    }
    const { inputs } = JSON.parse(await Deno.readTextFile(join(out, "run.json")));
    const states = inputs.map(({ status }: { status: string }) => status);
    const left = 8 - made.length;
    assert.deepEqual(states, [
      ...made.map(() => "done"),
      "failed",
      ...Array(left - 1).fill("not run"),
    ]);
    const again = await upscale(["in", "--scale", "4", "--skip-existing"]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(namesIn(out).filter((name) => name.endsWith(".png")).length, 8);
  });
});

/** Stops `upscale` in the middle of a video. */
async function stopUpscale(folder: string, signal: "INT" | "HUP") {
  await writeClip(join(folder, "a.mp4"), 20);
  const args = ["a.mp4", "--scale", "4", "-w", await tinyModel()];
  return await stopWhen(/upscale \d+\/500/, args, { folder, signal });
}

/** Stops `upscale` when it shows how far it is; comes back when nothing of it is left. */
async function stopWhen(
  far: RegExp,
  args: readonly string[],
  { folder, signal }: { readonly folder: string; readonly signal: "INT" | "HUP" },
) {
  const child = taskCommand("upscale", args, { cwd: folder }).spawn();
  let [said, pressed] = ["", false];
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (pressed || !far.test(said)) continue;
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
