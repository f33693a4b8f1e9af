import assert from "node:assert/strict";
import { open, reshape, ShapeError, slice } from "@vicinity/tensor";
import { ImageClassifier } from "./image_classifier.ts";

Deno.test("a picture with other bytes than its size says is refused", async () => {
  using gpu = await open();
  const dispose = () => {};
  using classifier = new ImageClassifier(
    { gpu, network: undefined, dispose, [Symbol.dispose]: dispose },
    (x) => slice(reshape(x, [1, x.shape.reduce((a, b) => a * b)]), 1, 0, 2),
    { classes: ["one", "two"], input: { imageSize: 8, cropShare: 1 } },
  );
  const [width, height] = [6, 5];
  assert.equal((await classifier.run({ width, height, data: new Uint8Array(90) })).length, 2);
  for (
    const [samples, message] of [[120, /leave out the alpha channel/], [89, /89 samples/]] as const
  ) {
    await assert.rejects(
      classifier.run({ width, height, data: new Uint8Array(samples) }),
      (error) =>
        error instanceof ShapeError && message.test(error.message) &&
        error.message.startsWith("Cannot classify a picture of 6 x 5"),
    );
  }
  await assert.rejects(
    classifier.run({ width: 0, height, data: new Uint8Array() }),
    ShapeError,
  );
});
