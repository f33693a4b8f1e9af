import assert from "node:assert/strict";
import { join } from "node:path";
import { planDisk, requireSpace, requireWritable } from "./disk_space.ts";
import { CliError } from "./errors.ts";

Deno.test("a result that does not fit on its disk is refused with both sizes", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const target = join(folder, "missing", "deep", "a.mp4");
    const plan = await planDisk(target, 3 * 2 ** 60);
    assert.ok(plan.freeBytes > 0);
    assert.throws(() => requireSpace(target, plan), (error) => {
      assert.ok(error instanceof CliError && error.code === "OUTPUT_NOSPACE");
      assert.match(error.message, /^need about 3221225472\.0 GiB, [\d.]+ [MG]iB free$/);
      return error.file === target && error.fatal;
    });
    requireSpace(target, await planDisk(target, 1));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("whether a result could be written is found out without making its folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await requireWritable(join(folder, "missing", "deep", "a.mp4"));
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    await Deno.writeTextFile(join(folder, "file"), "");
    const below = join(folder, "file", "deep", "a.mp4");
    await assert.rejects(requireWritable(below), { code: "OUTPUT_DENIED", file: below });
    if (Deno.build.os === "linux") {
      const nowhere = "/proc/vicinity/a.mp4";
      await assert.rejects(requireWritable(nowhere), { code: "OUTPUT_DENIED", file: nowhere });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
