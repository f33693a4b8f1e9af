import assert from "node:assert/strict";
import { join } from "node:path";
import { namesIn, withCommand, writePicture } from "./command_line.ts";
import { readDocument } from "./documents.ts";

interface Document {
  readonly result: { readonly classes: readonly { name: string; score: number }[] };
}

Deno.test("the likeliest classes are printed, and written when asked for", async () => {
  await withCommand("classify", async (folder, classify) => {
    await writePicture(join(folder, "a.png"), 50, 40);
    const told = await classify(["a.png"]);
    assert.equal(told.code, 0, told.stderr);
    assert.match(told.stderr, /^a\.png: \w+ \d+\.\d %(, \w+ \d+\.\d %){4}$/m);
    assert.deepEqual(namesIn(folder), ["a.png"]);
    const printed = await classify(["a.png", "--json", "--top", "6", "-q"]);
    const document = readDocument<Document>(new TextDecoder().decode(printed.stdout));
    const scores = document.result.classes.map(({ score }) => score);
    assert.ok(Math.abs(scores.reduce((a, b) => a + b) - 1) < 1e-5);
    assert.deepEqual(scores, scores.toSorted((a, b) => b - a));
    const written = await classify(["a.png", "--save"]);
    assert.equal(written.code, 0, written.stderr);
    assert.deepEqual(namesIn(join(folder, "out")), ["a.json", "run.json"]);
  });
});

Deno.test("published models say where their weights are", async () => {
  await withCommand("classify", async (folder, classify) => {
    await writePicture(join(folder, "a.png"), 8, 8);
    const listed = await classify(["--list-models"]);
    assert.match(
      new TextDecoder().decode(listed.stdout),
      /^dinat-mini .*dinat_mini_in1k_224\.pth$/m,
    );
    const foreign = await classify(["a.png", "--model", "dinat-mini", "-w", "a.png"]);
    assert.equal(foreign.code, 5, foreign.stderr);
    assert.match(foreign.stderr, /WEIGHTS_CORRUPT/);
  });
});
