import assert from "node:assert/strict";
import { CheckpointError } from "./errors.ts";
import { FileSource } from "./file_source.ts";
import { openSafetensors } from "./open_safetensors.ts";

Deno.test("ranges asked for at the same time do not disturb each other", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, Uint8Array.from({ length: 200 }, (_, i) => i));
    using source = await FileSource.open(path);
    const parts = await Promise.all([source.read(150, 3), source.read(0, 2), source.read(9, 1)]);
    assert.deepEqual(parts.map((part) => [...part]), [[150, 151, 152], [0, 1], [9]]);
    await assert.rejects(() => source.read(190, 20), /ends at byte 200, 210 were expected/);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("an absent file, a folder and a text are refused with their own codes", async () => {
  const folder = await Deno.makeTempDir();
  const code = async (path: string) => {
    try {
      using _ = await openSafetensors(path);
    } catch (error) {
      assert.ok(error instanceof CheckpointError);
      return error.code;
    }
    return "opened";
  };
  try {
    await Deno.writeTextFile(`${folder}/text`, "this is not a checkpoint");
    assert.equal(await code(`${folder}/none`), "WEIGHTS_MISSING");
    assert.equal(await code(folder), "WEIGHTS_MISSING");
    assert.equal(await code(`${folder}/text`), "WEIGHTS_CORRUPT");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
