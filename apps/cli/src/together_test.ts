import assert from "node:assert/strict";
import { join } from "node:path";
import { CliError } from "./errors.ts";
import { checkTogether } from "./together.ts";

const RULES = { overwrite: false, "skip-existing": false, "dry-run": false };

function code(expected: string) {
  return (error: unknown) => error instanceof CliError && error.code === expected;
}

Deno.test("what is made of all inputs needs a folder, all inputs, and a free name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await checkTogether([], undefined, RULES);
    await checkTogether(["all.mp4"], join(folder, "new"), RULES);
    await assert.rejects(() => checkTogether(["all.mp4"], undefined, RULES), code("USAGE"));
    const skipping = { ...RULES, "skip-existing": true };
    await assert.rejects(() => checkTogether(["all.mp4"], folder, skipping), code("USAGE"));
    await Deno.writeTextFile(join(folder, "all.mp4"), "");
    await assert.rejects(() => checkTogether(["all.mp4"], folder, RULES), code("OUTPUT_EXISTS"));
    await checkTogether(["all.mp4"], folder, { ...RULES, overwrite: true });
    assert.equal(await Deno.readTextFile(join(folder, "all.mp4")), "", "only looked at");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
