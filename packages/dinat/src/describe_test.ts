import { memorySource, readCheckpoint, writeSafetensors } from "@vicinity/checkpoint";
import assert from "node:assert/strict";
import { VARIANTS } from "./config.ts";
import { describeClassifier } from "./describe.ts";

Deno.test("the config.json that lies beside weights of the hub describes a classifier", async () => {
  const config = {
    model_type: "dinat",
    embed_dim: 64,
    mlp_ratio: 3,
    depths: [3, 4, 6, 5],
    num_heads: [2, 4, 8, 16],
    kernel_size: 7,
    dilations: [[1, 8, 1], [1, 4, 1, 4], [1, 2, 1, 2, 1, 2], [1, 1, 1, 1, 1]],
    id2label: { "0": "cat", "1": "dog" },
  };
  const bytes = writeSafetensors([
    { name: "classifier.weight", dtype: "F32", shape: [2, 1], values: [0, 0] },
  ]);
  const weights = await readCheckpoint(memorySource(bytes));
  const metadata = { "config.json": JSON.stringify(config) };
  const { classes, backbone } = describeClassifier({ ...weights, metadata });
  assert.deepEqual(classes, ["cat", "dog"]);
  assert.ok(backbone.layout === "nat");
  assert.deepEqual(backbone.dilations[0], [1, 8, 1]);
});

Deno.test("the size of the input follows from the configuration, not from where the file lies", async () => {
  const bytes = writeSafetensors([
    { name: "classifier.weight", dtype: "F32", shape: [2, 1], values: [0, 0] },
  ]);
  const weights = await readCheckpoint(memorySource(bytes));
  let found = 0;
  for (const [variant, { backbone, imageSize, cropShare }] of Object.entries(VARIANTS)) {
    // Transformers have no weights of the latter; its configuration is that of 384 pixels.
    if (backbone.layout !== "nat" || variant === "dinat-large-in22k-11x11") continue;
    const plain = backbone.dilations.flat().every((dilation) => dilation === 1);
    const config = {
      model_type: plain ? "nat" : "dinat",
      embed_dim: backbone.embedDim,
      mlp_ratio: backbone.mlpRatio,
      depths: backbone.depths,
      num_heads: backbone.heads,
      kernel_size: backbone.kernel,
      ...(plain ? {} : { dilations: backbone.dilations }),
    };
    const metadata = { "config.json": JSON.stringify(config) };
    for (const name of ["model.safetensors", "/photos of 384/model.safetensors"]) {
      const { input } = describeClassifier({ ...weights, name, metadata });
      assert.deepEqual(input, { imageSize, cropShare }, variant);
    }
    found++;
  }
  assert.equal(found, 12);
});
