import assert from "node:assert/strict";
import { findModel } from "@vicinity/checkpoint";
import { openModel } from "@vicinity/checkpoint/deno";
import { ImageClassifier } from "@vicinity/favit";
import { decodeImage, toRgb } from "@vicinity/media";
import { open } from "@vicinity/tensor";
import stored from "../fixtures/pictures/photo-types.json" with { type: "json" };

const PICTURES = new URL("../fixtures/pictures/", import.meta.url);
/** Scores are stored with five digits. */
const TOLERANCE = 1e-4;

Deno.test("favit-photo-type gives PyTorch's probabilities for photographs, and frees its memory", async () => {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  {
    using weights = await openModel(findModel("favit-photo-type"));
    using classifier = await ImageClassifier.load({ weights, gpu });
    const count = classifier.classes.length;
    for (const [file, expected] of Object.entries<Readonly<Record<string, number>>>(stored)) {
      const picture = toRgb(
        await decodeImage(await Deno.readFile(new URL(file, PICTURES)), { colors: "stored" }),
      );
      const found = await classifier.run(picture, { top: count });
      assert.equal(found.length, Object.keys(expected).length);
      for (const { name, score } of found) {
        assert.ok(
          Math.abs(score - (expected[name] ?? NaN)) < TOLERANCE,
          `${file}: ${name} ${score}`,
        );
      }
    }
  }
  assert.equal(gpu.stats.liveBytes, before);
});
