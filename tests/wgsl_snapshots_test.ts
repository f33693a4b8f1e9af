import assert from "node:assert/strict";
import { SNAPSHOTS, snapshots } from "../scripts/lint_wgsl/snapshots.ts";

/** The recorded texts by their paths inside the folder. */
function recorded(): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { name: owner, isDirectory } of Deno.readDirSync(SNAPSHOTS)) {
    if (!isDirectory) continue;
    for (const { name } of Deno.readDirSync(new URL(`${owner}/`, SNAPSHOTS))) {
      const path = `${owner}/${name}`;
      texts.set(path, Deno.readTextFileSync(new URL(path, SNAPSHOTS)));
    }
  }
  return texts;
}

Deno.test("kernels make the shaders that are recorded in fixtures/wgsl, each of them", async () => {
  const [before, now] = [recorded(), await snapshots()];
  const paths = [...new Set([...before.keys(), ...now.keys()])];
  assert.deepEqual(
    paths.filter((path) => before.get(path) !== now.get(path)),
    [],
    "Run deno task record:wgsl and read what git diff says of these files.",
  );
});
