import assert from "node:assert/strict";
import { findModel } from "@vicinity/checkpoint";
import { openModel } from "@vicinity/checkpoint/deno";
import * as dinat from "@vicinity/dinat";
import * as favit from "@vicinity/favit";
import { decodeImage, toRgb } from "@vicinity/media";
import { open } from "@vicinity/tensor";

const PICTURES = new URL("../fixtures/pictures/", import.meta.url);
/** Share of pixels between two classes that rounding may move. */
const DIFFERING = 0.001;

async function picture(name: string) {
  const bytes = await Deno.readFile(new URL(name, PICTURES));
  return toRgb(await decodeImage(bytes, { colors: "stored" }));
}

const SHIPPED = [
  { id: "dinat-sky-animal", package: dinat, labels: "labels" },
  { id: "favit-sky-animal", package: favit, labels: "favit-labels" },
] as const;

for (const shipped of SHIPPED) {
  Deno.test(`${shipped.id} sees in photographs what PyTorch sees, and frees its memory`, () =>
    checkSegmenter(shipped));
}

async function checkSegmenter(
  { id, package: { Segmenter }, labels: suffix }: typeof SHIPPED[number],
): Promise<void> {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  {
    using weights = await openModel(findModel(id));
    using segmenter = await Segmenter.load({ weights, gpu });
    assert.deepEqual(segmenter.classes.map(({ name }) => name), ["rest", "sky", "animal"]);
    for (const name of ["hills", "kingfisher"]) {
      const stored = await picture(`${name}.${suffix}.png`);
      const { labels } = await segmenter.run(await picture(`${name}.jpg`));
      const differing = labels.filter((label, pixel) => label !== stored.data[3 * pixel]).length;
      assert.ok(differing <= DIFFERING * labels.length, `${name}: ${differing} pixels differ`);
    }
    const loaded = gpu.stats.liveBytes;
    for (let run = 0; run < 3; run++) await segmenter.run(await picture("hills.jpg"));
    assert.equal(gpu.stats.liveBytes, loaded);
  }
  assert.equal(gpu.stats.liveBytes, before);
}
