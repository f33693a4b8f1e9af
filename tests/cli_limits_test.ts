/** What a run may take of the machine, and what it leaves behind for those who look for a fault. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { namesIn, withCommand, writeClip, writePicture } from "./command_line.ts";
import { readDocument } from "./documents.ts";

interface Document {
  readonly device: { readonly maxDispatchMs: number };
  readonly result: { readonly limits: { readonly memoryBytes: number } };
}

function documentIn(stdout: Uint8Array): Document {
  return readDocument<Document>(new TextDecoder().decode(stdout));
}

Deno.test("commands take at most half of a processor's memory, or what they are given", async () => {
  await withCommand("classify", async (folder, classify) => {
    await writePicture(join(folder, "a.png"), 20, 10);
    const budgetWith = async (...args: string[]) => {
      const ended = await classify(["a.png", "--dry-run", "--json", ...args]);
      assert.equal(ended.code, 0, ended.stderr);
      return documentIn(ended.stdout).result.limits.memoryBytes;
    };
    const half = Math.floor(Deno.systemMemoryInfo().total / 2);
    assert.equal(await budgetWith(), Math.min(4 * 2 ** 30, half));
    assert.equal(await budgetWith("--max-memory", "6"), 6 * 2 ** 30);
  });
});

Deno.test("the longest time of a kernel call is an option of every command, and is recorded", async () => {
  await withCommand("classify", async (folder, classify) => {
    await writePicture(join(folder, "a.png"), 20, 10);
    const usual = await classify(["a.png", "--json"]);
    assert.equal(documentIn(usual.stdout).device.maxDispatchMs, 200);
    const short = await classify(["a.png", "--json", "--max-dispatch-ms", "2", "--save"]);
    assert.equal(short.code, 0, short.stderr);
    const run = JSON.parse(await Deno.readTextFile(join(folder, "out", "run.json")));
    assert.equal(run.device.maxDispatchMs, 2);
    const refused = await classify(["a.png", "--max-dispatch-ms", "0"]);
    assert.equal(refused.code, 2, refused.stderr);
    const help = new TextDecoder().decode((await classify(["--help"])).stdout);
    assert.match(help, /--max-dispatch-ms <ms> +longest time of a kernel call .*\(default: 200\)/);
    assert.match(
      help,
      /--max-memory <GiB> .*\(default: 4, on processors at most half of the RAM\)/,
    );
  });
});

Deno.test("with --debug temporary files stay, and it is said where", async () => {
  await withCommand("upscale", async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const stdin = await Deno.readFile(join(folder, "a.png"));
    const env = { TMPDIR: folder };
    const passed = await upscale(["-", "-o", "-"], { stdin, env });
    assert.deepEqual([passed.code, namesIn(folder)], [0, ["a.png"]], passed.stderr);
    const kept = await upscale(["-", "-o", "-", "--debug"], { stdin, env });
    assert.equal(kept.code, 0, kept.stderr);
    const [, place = ""] = /^kept (\S+)$/m.exec(kept.stderr) ?? [];
    assert.deepEqual(namesIn(join(folder, place)), ["stdin", "stdout.x2.png"]);
    await writeClip(join(folder, "b.mp4"), 0.2);
    const film = ["b.mp4", "--resume", "--preset", "ultrafast", "-o", "c.mp4"];
    const resumed = await upscale([...film, "--debug"]);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.ok(namesIn(join(folder, "c.mp4.work")).includes("state.json"));
    const again = await upscale([...film, "--overwrite"]);
    assert.equal(again.code, 0, again.stderr);
    assert.ok(!namesIn(folder).includes("c.mp4.work"));
  });
});
