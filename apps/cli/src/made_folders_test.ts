import assert from "node:assert/strict";
import { join } from "node:path";
import { makeFolder, removeEmptyFolders } from "./made_folders.ts";

Deno.test("folders that were made and stayed empty go again, others stay", async () => {
  const root = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  try {
    await Deno.mkdir(join(root, "own"));
    for (const path of ["own", "a/b/c", "a/d", "e/f"]) await makeFolder(join(root, path));
    await Deno.writeTextFile(join(root, "a", "d", "result"), "");
    removeEmptyFolders();
    const names = (path: string) => [...Deno.readDirSync(join(root, path))].map(({ name }) => name);
    assert.deepEqual(names(".").sort(), ["a", "own"]);
    assert.deepEqual(names("a"), ["d"]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
