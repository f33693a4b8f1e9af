import assert from "node:assert/strict";
import { join } from "node:path";
import { findInputs } from "./inputs.ts";

Deno.test("neither results nor their unfinished parts are inputs, other folders of work are", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const path of ["a.mp4", "a.x2.mp4", "a.x2.mp4.work/00000.mp4", "my.work/b.mp4"]) {
      await Deno.mkdir(join(folder, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, path), "video");
    }
    const { inputs, ignored } = await findInputs([folder], {
      extensions: ["mp4"],
      recursive: true,
      isOwnProduct: (name) => /\.x2\.\w+$/.test(name),
    });
    const found = inputs.map(({ path }) => path.slice(folder.length + 1));
    assert.deepEqual([found, ignored], [["a.mp4", "my.work/b.mp4"], 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
