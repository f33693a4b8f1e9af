import assert from "node:assert/strict";
import { join } from "node:path";
import { CliError } from "./errors.ts";
import type { Input } from "./inputs.ts";
import { checkTarget, nameOutputs } from "./outputs.ts";

const input = (path: string, subfolder = ""): Input => ({ path, shown: path, subfolder });
const withSuffix = (...inputs: Input[]) => inputs.map((input) => ({ input, suffixes: ["x2.png"] }));

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("results are named after their inputs and mirror their folders", async () => {
  await inFolder(async (folder) => {
    const jobs = await nameOutputs(
      withSuffix(input("/in/a.jpg"), input("/in/b/c.tar.png", "b")),
      folder,
    );
    assert.deepEqual(jobs.map(({ targets: [main] }) => main), [
      join(folder, "a.x2.png"),
      join(folder, "b", "c.tar.x2.png"),
    ]);
  });
});

Deno.test("inputs that differ only in their ending keep it in the result's name", async () => {
  await inFolder(async (folder) => {
    const jobs = await nameOutputs(withSuffix(input("/in/a.jpg"), input("/in/a.png")), folder);
    assert.deepEqual(jobs.map(({ targets: [main] }) => main), [
      join(folder, "a.jpg.x2.png"),
      join(folder, "a.png.x2.png"),
    ]);
  });
});

Deno.test("one input may name its result, several go into a folder of that name", async () => {
  const [single] = await nameOutputs(withSuffix(input("/in/a.jpg")), "/nowhere/b.png");
  assert.equal(single?.targets[0], "/nowhere/b.png");
  const suffixes = ["labels.png", "json"];
  const [both] = await nameOutputs([{ input: input("/in/a.jpg"), suffixes }], "/nowhere/b.png");
  assert.deepEqual(both?.targets, ["/nowhere/b.png", "/nowhere/b.json"]);
  const two = await nameOutputs(withSuffix(input("/in/a.jpg"), input("/in/c.jpg")), "/nowhere/b");
  assert.equal(two[1]?.targets[0], join("/nowhere/b", "c.x2.png"));
  for (const [other, out] of [["/in/c.jpg", "-"], ["/elsewhere/a.jpg", "/nowhere/b"]] as const) {
    await assert.rejects(
      nameOutputs(withSuffix(input("/in/a.jpg"), input(other)), out),
      (error) => error instanceof CliError && error.code === "USAGE",
    );
  }
});

Deno.test("a name goes to the result of its format, or is refused", async () => {
  const named = (out: string, suffixes: readonly string[], anyFormat?: boolean) =>
    nameOutputs([{ input: input("/in/a.jpg"), suffixes, anyFormat }], out);
  const all = ["overlay.png", "coco.json", "json"];
  const [job] = await named("/nowhere/b.json", all);
  assert.deepEqual(job?.targets, [
    "/nowhere/b.overlay.png",
    "/nowhere/b.coco.json",
    "/nowhere/b.json",
  ]);
  const [coco] = await named("/nowhere/b.JSON", ["overlay.png", "coco.json"]);
  assert.deepEqual(coco?.targets, ["/nowhere/b.overlay.png", "/nowhere/b.JSON"]);
  await assert.rejects(
    named("/nowhere/b.jpg", all),
    (error) =>
      error instanceof CliError && /no result has the format of b\.jpg/.test(error.message) &&
      error.hint === "choose a name that ends in .png or .json, or a folder",
  );
  const [free] = await named("/nowhere/b.webp", ["x2.png"], true);
  assert.deepEqual(free?.targets, ["/nowhere/b.webp"]);
});

Deno.test("an existing result stops, is skipped or is replaced, an input is never", async () => {
  await inFolder(async (folder) => {
    const target = join(folder, "a.png");
    await Deno.writeTextFile(target, "old");
    const rules = { overwrite: false, skipExisting: false };
    const code = (expected: string) => (error: unknown) =>
      error instanceof CliError && error.code === expected;
    await assert.rejects(checkTarget(target, [], rules), code("OUTPUT_EXISTS"));
    assert.equal(await checkTarget(target, [], { ...rules, skipExisting: true }), "skip");
    assert.equal(await checkTarget(target, [], { ...rules, overwrite: true }), "write");
    await assert.rejects(
      checkTarget(target, [input(target)], { ...rules, overwrite: true }),
      code("OUTPUT_IN_INPUT"),
    );
    await assert.rejects(checkTarget(folder, [], rules), code("OUTPUT_DENIED"));
  });
});

Deno.test("results may have a folder of their own, where tools expect names without more", async () => {
  await inFolder(async (folder) => {
    const named = [{ input: input("/in/a/000012.bin", "a"), suffixes: ["bev.png", "kitti/txt"] }];
    const [job] = await nameOutputs(named, folder);
    assert.deepEqual(job?.targets, [
      join(folder, "a", "000012.bev.png"),
      join(folder, "a", "kitti", "000012.txt"),
    ]);
    const [single] = await nameOutputs(named, join(folder, "picture.png"));
    assert.deepEqual(single?.targets, [
      join(folder, "picture.png"),
      join(folder, "picture.kitti.txt"),
    ]);
  });
});
