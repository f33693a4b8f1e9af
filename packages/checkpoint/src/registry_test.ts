import assert from "node:assert/strict";
import { CheckpointError } from "./errors.ts";
import { findModel, listModels, modelAddress, parseRegistry } from "./registry.ts";
import { openModel } from "./open_model.ts";

const entry = {
  id: "mini-xs",
  task: "upscale",
  package: "simplegvr",
  file: "mini-xs.safetensors",
  bytes: 10,
  sha256: "0".repeat(64),
  scales: [2, 3],
  licence: "Apache-2.0",
  params: 5,
  card: "mini-xs.md",
  source: "scripts/train/simplegvr",
};

Deno.test("a model is found by its id and a near miss is suggested", () => {
  const models = parseRegistry({ models: [entry, { ...entry, id: "large" }] });
  assert.equal(findModel("mini-xs", models).bytes, 10);
  assert.throws(() => findModel("mini-sx", models), /Did you mean mini-xs\?/);
  assert.throws(() => findModel("zzzzzzzz", models), /Use one of: mini-xs, large\./);
});

Deno.test("an entry with a wrong field is refused by name", () => {
  const refuse = (change: Record<string, unknown>, expected: RegExp) =>
    assert.throws(() => parseRegistry({ models: [{ ...entry, ...change }] }), expected);
  refuse({ licence: "" }, /model mini-xs has no licence/);
  refuse({ bytes: 1.5 }, /no whole number bytes/);
  refuse({ scales: ["2"] }, /no list of scales/);
  refuse({ sha256: "abc" }, /bad sha256/);
  assert.throws(() => parseRegistry({ models: [entry, entry] }), /appears twice/);
  assert.throws(() => parseRegistry([]), /no list named models/);
});

Deno.test("every registered model has its card and its very weights beside the registry", async () => {
  for (const model of listModels()) {
    await Deno.stat(modelAddress(model.card));
    using checkpoint = await openModel(model);
    let params = 0;
    for (const key of checkpoint.keys()) {
      const { shape } = checkpoint.find(key) ?? { shape: [0] };
      params += shape.reduce((product, size) => product * size, 1);
    }
    assert.ok(params >= model.params, `${model.id} holds ${params} numbers`);
  }
});

Deno.test("a registered model whose file is gone is named", async () => {
  const gone = { ...entry, file: "no-such-folder/none.safetensors" };
  await assert.rejects(() => openModel(gone), (error) => {
    assert.ok(error instanceof CheckpointError);
    assert.equal(error.code, "WEIGHTS_MISSING");
    return true;
  });
});
