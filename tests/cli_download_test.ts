import assert from "node:assert/strict";
import { join } from "node:path";
import { openSafetensors } from "@vicinity/checkpoint/deno";
import { decodeImage } from "@vicinity/media";
import { FakeHub, type FakeHubOptions } from "../packages/checkpoint/src/testing/fake_hub.ts";
import { inFolder, namesIn, runTask, tinyModel, writePicture } from "./command_line.ts";
import { tinyTransformersFiles } from "./tiny_transformers.ts";

/** A hub with a tiny model, and commands whose cache is in the folder. */
async function withHub(
  options: Partial<FakeHubOptions>,
  body: (place: {
    readonly hub: FakeHub;
    readonly folder: string;
    readonly run: (task: string, args: string[], env?: Record<string, string>) => Promise<{
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    }>;
  }) => Promise<void>,
): Promise<void> {
  const weights = await Deno.readFile(await tinyModel());
  await inFolder(async (folder) => {
    await using hub = new FakeHub({ files: { "model.safetensors": weights }, ...options });
    const run = async (task: string, args: string[], more: Record<string, string> = {}) => {
      const env = { VICINITY_CACHE: "my cache", HF_ENDPOINT: hub.endpoint, HF_TOKEN: "", ...more };
      const ended = await runTask(task, args, { cwd: folder, env });
      return { ...ended, stdout: new TextDecoder().decode(ended.stdout) };
    };
    await body({ hub, folder, run });
  });
}

Deno.test("a model is downloaded by one command and used by another without the network", async () => {
  await withHub({}, async ({ hub, folder, run }) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const early = await run("upscale", ["a.png", "-m", "hf:owner/name"]);
    assert.equal(early.code, 5, early.stderr);
    assert.match(
      early.stderr,
      /^error\[WEIGHTS_MISSING\].*\n.*deno task download hf:owner\/name$/m,
    );

    const first = await run("download", ["hf:owner/name", "--json"]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /hf:owner\/name: 1 file, \d+\.\d MB/);
    const document = JSON.parse(first.stdout);
    assert.equal(document.status, "done");
    assert.equal(document.result.commit, hub.commit);
    assert.match(document.outputs[0].path, /my cache.*model\.safetensors$/);

    const asked = hub.seen.length;
    const second = await run("download", ["hf:owner/name"]);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /is there already/);
    for (const option of [["-m", "hf:owner/name"], ["-w", "hf:owner/name/model.safetensors"]]) {
      const used = await run("upscale", ["a.png", ...option, "--overwrite", "--json"]);
      assert.equal(used.code, 0, used.stderr);
      assert.equal(JSON.parse(used.stdout).model.weights, option[1]);
    }
    assert.equal(hub.seen.length, asked);
  });
});

Deno.test("a classifier of transformers is downloaded, and used when the hub is gone", async () => {
  await withHub({ files: await tinyTransformersFiles() }, async ({ hub, folder, run }) => {
    await writePicture(join(folder, "a.png"), 30, 20);
    const fetched = await run("download", ["hf:owner/name"]);
    assert.equal(fetched.code, 0, fetched.stderr);
    await hub[Symbol.asyncDispose]();
    const ended = await run("classify", ["a.png", "-m", "hf:owner/name", "--json"]);
    assert.equal(ended.code, 0, ended.stderr);
    const { model, result } = JSON.parse(ended.stdout);
    assert.equal(model.id, "hf:owner/name");
    const names = result.classes.map(({ name }: { name: string }) => name);
    assert.deepEqual(names.toSorted(), ["birch", "oak", "willow"]);
    // What a downloaded model is for follows from its files too.
    const other = await run("segment", ["a.png", "-m", "hf:owner/name"]);
    assert.equal(other.code, 5, other.stderr);
    assert.match(other.stderr, /this is a model for classify\n.*\n {2}hint: .*deno task classify/);
  });
});

Deno.test("a download that fails says why, and the others go on", async () => {
  await withHub({ token: "secret" }, async ({ run }) => {
    const denied = await run("download", ["hf:owner/name", "--json"]);
    assert.equal(denied.code, 5, denied.stderr);
    assert.match(
      denied.stderr,
      /^error\[HUB_DENIED\]: .*private or gated.*\n {2}hint: .*HF_TOKEN/m,
    );
    assert.equal(JSON.parse(denied.stdout).error.code, "HUB_DENIED");
    const mixed = await run("download", ["hf:owner/none", "hf:owner/name"], { HF_TOKEN: "secret" });
    assert.equal(mixed.code, 3, mixed.stderr);
    assert.match(mixed.stderr, /^error\[HUB_MISSING\].*no such repository/m);
  });
});

Deno.test("what is no id is refused before anything is asked or made", async () => {
  await withHub({}, async ({ hub, folder, run }) => {
    for (const args of [["owner/name"], ["hf:owner"], [], ["hf:owner/name", "--updat"]]) {
      const ended = await run("download", args);
      assert.equal(ended.code, 2, ended.stderr);
    }
    const other = await run("upscale", ["a.png", "-m", "hf:owner/../x"]);
    assert.notEqual(other.code, 0);
    assert.deepEqual([hub.seen.length, namesIn(folder)], [0, []]);
    assert.match((await run("download", ["--help"])).stdout, /--update .*\n[^]*HF_TOKEN/);
  });
});

Deno.test("a folder and an index with its shards are weights too", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const model = join(folder, "model");
    await Deno.mkdir(model);
    await Deno.copyFile(await tinyModel(), join(model, "part.safetensors"));
    using whole = await openSafetensors(await tinyModel());
    const entries = [...whole.file.keys()].map((key) => [key, "part.safetensors"]);
    const index = JSON.stringify({ weight_map: Object.fromEntries(entries) });
    await Deno.writeTextFile(join(model, "model.safetensors.index.json"), index);
    for (const weights of ["model", join("model", "model.safetensors.index.json")]) {
      const ended = await upscale(["a.png", "-w", weights, "--overwrite"]);
      assert.equal(ended.code, 0, ended.stderr);
    }
    const picture = async () => {
      const { data } = await decodeImage(await Deno.readFile(join(folder, "out", "a.x2.png")));
      return data;
    };
    const plain = await picture();
    assert.equal((await upscale(["a.png", "--overwrite"])).code, 0);
    assert.deepEqual(await picture(), plain);
  });
});
