import assert from "node:assert/strict";
import { CheckpointError } from "./errors.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { memorySource } from "./source.ts";
import { WeightStore } from "./weight_store.ts";
import { writeSafetensors } from "./write_safetensors.ts";

async function storeOf(shapes: Record<string, number[]>): Promise<WeightStore> {
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    return { name, dtype: "F32" as const, shape, values: new Float32Array(count).fill(2) };
  });
  const source = memorySource(writeSafetensors(tensors), "net.safetensors");
  return WeightStore.over(await SafetensorsFile.open(source));
}

Deno.test("modules are reached by their path and share one account", async () => {
  const store = await storeOf({ "blocks.0.q.weight": [2, 1], "head.bias": [1] });
  const block = store.at("blocks").at(0);
  assert.equal(block.path, "blocks.0");
  const weight = block.at("q").get("weight", [2, 1]);
  assert.equal(store.at("head").has("bias"), true);
  assert.equal(store.at("head").has("weight"), false);
  store.at("head").get("bias", [1]);
  store.finish();
  assert.equal(weight.key, "blocks.0.q.weight");
  assert.deepEqual([...(await weight.float32())], [2, 2]);
});

Deno.test("all missing, mis-shaped and unexpected keys are listed in one error", async () => {
  const store = await storeOf({ "a.weight": [2, 3], "b.bias": [4], "c.extra": [1] });
  store.get("a.weight", [3, 2]);
  const absent = store.get("d.weight", [5]);
  store.get("b.bias", [4]);
  assert.throws(() => store.finish(), (error) => {
    assert.ok(error instanceof CheckpointError);
    assert.equal(error.code, "WEIGHTS_MISMATCH");
    assert.deepEqual(error.problems, [
      "missing d.weight [5]",
      "a.weight has shape [2,3], expected [3,2]",
      "unexpected c.extra",
    ]);
    assert.match(error.message, /^Cannot load net\.safetensors: 1 keys are missing/);
    return true;
  });
  await assert.rejects(() => absent.float32(), /does not hold it/);
});

Deno.test("weights that are no numbers are damage, and said to be", async () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    const tensors = [{ name: "a.bias", dtype: "F16" as const, shape: [3], values: [1, value, 2] }];
    const source = memorySource(writeSafetensors(tensors), "net.safetensors");
    const weight = WeightStore.over(await SafetensorsFile.open(source)).get("a.bias", [3]);
    await assert.rejects(weight.float32(), (error) => {
      assert.ok(error instanceof CheckpointError);
      assert.equal(error.code, "WEIGHTS_CORRUPT");
      assert.equal(
        error.message,
        `Cannot read net.safetensors: value 1 of a.bias is ${value}. ` +
          "Fetch or export the file again.",
      );
      return true;
    });
  }
});

Deno.test("progress counts the bytes of what was asked for, each weight once", async () => {
  const store = await storeOf({ "a.weight": [2, 3], "a.bias": [2], "b.extra": [100] });
  const weight = store.at("a").get("weight", [2, 3]);
  const again = store.get("a.weight", [2, 3]);
  const bias = store.at("a").get("bias", [2]);
  store.skip("b");
  store.finish();
  const state = { phase: "load", unit: "byte", total: 32 };
  await weight.float32();
  await again.float32();
  assert.deepEqual(store.progress("a.weight"), { ...state, done: 24, item: "a.weight" });
  await bias.float32();
  assert.deepEqual(store.at("b").progress("a.bias"), { ...state, done: 32, item: "a.bias" });
});
