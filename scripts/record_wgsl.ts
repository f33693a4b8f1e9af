/**
 * Writes one WGSL text of each family of kernels into `fixtures/wgsl`, where a test compares them with
 * what the code makes and a reader of a change sees what becomes of the shaders.
 *
 * @module
 */
import { readArguments } from "./arguments.ts";
import { print } from "./print.ts";
import { SNAPSHOTS, snapshots } from "./lint_wgsl/snapshots.ts";

readArguments(
  `deno task record:wgsl

Writes one WGSL text of each family of kernels into fixtures/wgsl.`,
  {},
);
const texts = await snapshots();
for (const { name, isDirectory } of Deno.readDirSync(SNAPSHOTS)) {
  if (isDirectory) await Deno.remove(new URL(name, SNAPSHOTS), { recursive: true });
}
for (const [path, text] of texts) {
  const file = new URL(path, SNAPSHOTS);
  await Deno.mkdir(new URL(".", file), { recursive: true });
  await Deno.writeTextFile(file, text);
}
print(`${texts.size} texts in fixtures/wgsl`);
