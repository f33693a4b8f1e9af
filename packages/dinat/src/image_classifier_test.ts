import assert from "node:assert/strict";
import { findModel, SafetensorsFile } from "@vicinity/checkpoint";
import { FileSource, openModel } from "@vicinity/checkpoint/deno";
import { adapterName, open, tuningKey } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { ImageClassifier } from "./load.ts";

const STORED = new URL("../../../fixtures/fashion/first-200.safetensors", import.meta.url);
const SIDE = 28;

/** The pictures of the file, as the classifier takes them. */
function rgbOf(pictures: Float32Array, index: number): RgbPicture {
  const grey = pictures.subarray(index * SIDE ** 2, (index + 1) * SIDE ** 2);
  const data = Uint8Array.from(
    { length: 3 * grey.length },
    (_, at) => grey[Math.floor(at / 3)] ?? 0,
  );
  return { width: SIDE, height: SIDE, data };
}

async function stored(name: string): Promise<Float32Array> {
  using source = await FileSource.open(STORED);
  const tensor = (await SafetensorsFile.open(source)).find(name);
  assert.ok(tensor);
  return await tensor.float32();
}

Deno.test("the shipped classifier gives PyTorch's probabilities for real pictures", async () => {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  const [pictures, logits] = [await stored("pictures"), await stored("logits")];
  {
    using weights = await openModel(findModel("dinat-fashion"));
    using classifier = await ImageClassifier.load({ weights, gpu });
    const count = classifier.classes.length;
    for (let index = 0; index < pictures.length / SIDE ** 2; index++) {
      const found = await classifier.run(rgbOf(pictures, index), { top: count });
      const expected = [...logits.subarray(index * count, (index + 1) * count)].map(Math.exp);
      const sum = expected.reduce((a, b) => a + b);
      assert.equal(found[0]?.id, expected.indexOf(Math.max(...expected)), `picture ${index}`);
      for (const { id, score } of found) {
        assert.ok(Math.abs(score - (expected[id] ?? NaN) / sum) < 1e-4, `picture ${index}`);
      }
    }
  }
  assert.equal(gpu.stats.liveBytes, before);
});

Deno.test("MLPs in one kernel, where a tuning asks for them, give the same classes", async () => {
  const pictures = await stored("pictures");
  using plain = await open();
  const adapter = adapterName(plain.caps);
  const powers = Array.from({ length: 12 }, (_, power) => 2 ** power);
  const keys = powers.flatMap((dim) => powers.map((hidden) => tuningKey("mlp", { dim, hidden })));
  const scores: number[][] = [];
  for (const mlp of ["layers", "fused"]) {
    const choices = Object.fromEntries(keys.map((key) => [key, mlp]));
    using gpu = await open({ tuning: { adapter, choices } });
    using weights = await openModel(findModel("dinat-fashion"));
    using classifier = await ImageClassifier.load({ weights, gpu });
    const found = await classifier.run(rgbOf(pictures, 3), { top: classifier.classes.length });
    scores.push(found.toSorted((a, b) => a.id - b.id).map(({ score }) => score));
  }
  const [layers = [], fused = []] = scores;
  assert.equal(fused.length, 10);
  for (const [id, score] of fused.entries()) {
    assert.ok(Math.abs(score - (layers[id] ?? NaN)) < 1e-5, `class ${id}`);
  }
});
