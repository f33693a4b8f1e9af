import assert from "node:assert/strict";
import { join } from "node:path";
import { CheckpointError } from "./errors.ts";
import { openCheckpoint } from "./open_checkpoint.ts";
import { writeSafetensors } from "./write_safetensors.ts";

const SHARDED = new URL("../../../fixtures/checkpoint/forms/sharded/", import.meta.url);

/** A folder with files of these names, each a checkpoint with one weight of that name. */
async function inFolder(
  names: readonly string[],
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of names) {
      const bytes = writeSafetensors([{ name, dtype: "F32", shape: [1], values: [1] }]);
      await Deno.writeFile(join(folder, name), bytes);
    }
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a folder and an index open the shards and the configuration beside them", async () => {
  for (const address of [SHARDED, new URL("pytorch_model.bin.index.json", SHARDED)]) {
    using checkpoint = await openCheckpoint(address, { prefix: "backbone" });
    assert.equal(checkpoint.form, "sharded");
    assert.equal(checkpoint.files.length, 3);
    assert.deepEqual(checkpoint.metadata["config.json"], '{"depth":2}');
    assert.deepEqual([...await checkpoint.find("b.bias")?.float32() ?? []], [0, 1, 2, 3]);
  }
});

Deno.test("in a folder the usual name is meant, else the only checkpoint, else none", async () => {
  const opened = async (folder: string) => {
    using checkpoint = await openCheckpoint(folder);
    return [...checkpoint.keys()];
  };
  await inFolder(["pytorch_model.bin", "model.safetensors", "x.pth"], async (folder) => {
    assert.deepEqual(await opened(folder), ["model.safetensors"]);
  });
  await inFolder(["x.pth", "notes.txt"], async (folder) => {
    assert.deepEqual(await opened(folder), ["x.pth"]);
  });
  for (
    const [names, expected] of [[["b.pth", "a.pt"], /it holds a\.pt, b\.pth/], [
      [],
      /no weights/,
    ]] as const
  ) {
    await inFolder(names, async (folder) => {
      await assert.rejects(openCheckpoint(folder), (error) => {
        assert.ok(error instanceof CheckpointError);
        assert.equal(error.code, "WEIGHTS_MISSING");
        assert.match(error.message, expected);
        return true;
      });
    });
  }
});

Deno.test("an index whose shard is gone names it and leaves no file open", async () => {
  await inFolder(["a"], async (folder) => {
    const index = join(folder, "model.safetensors.index.json");
    await Deno.writeTextFile(index, JSON.stringify({ weight_map: { a: "a", b: "gone" } }));
    await assert.rejects(openCheckpoint(folder), (error) => {
      assert.ok(error instanceof CheckpointError);
      assert.equal(error.code, "WEIGHTS_MISSING");
      assert.match(error.message, /gone/);
      return true;
    });
  });
});
