import assert from "node:assert/strict";
import { open } from "@vicinity/tensor";
import { memorySource } from "./source.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { loadNetwork } from "./load_network.ts";
import { type Precision, storedForm } from "./precision.ts";
import { writeSafetensors } from "./write_safetensors.ts";

const small = { values: Float32Array.of(1, -65504) };
const large = { values: Float32Array.of(1, 65505) };

Deno.test("weights stay as the file has them, in 32 bits on processors, and are rounded when asked", () => {
  const cases = [
    ["auto", { ...small, dtype: "F16" }, false, "f16"],
    ["auto", { ...large, dtype: "BF16" }, false, "bf16"],
    ["auto", { ...small, dtype: "F32" }, false, "f32"],
    ["auto", small, false, "f32"],
    ["auto", { ...small, dtype: "F16" }, true, "f32"],
    ["f32", { ...small, dtype: "F16" }, false, "f32"],
    ["f16", { ...small, dtype: "F16" }, true, "f16"],
    ["f16", { ...large, dtype: "BF16" }, true, "bf16"],
    ["f16", { ...small, dtype: "F32" }, true, "f16"],
    ["f16", small, true, "f16"],
  ] as const;
  for (const [precision, matrix, isCpu, expected] of cases) {
    const label = `${precision} ${"dtype" in matrix ? matrix.dtype : "computed"} ${isCpu}`;
    assert.equal(storedForm(precision, matrix, isCpu), expected, label);
  }
});

Deno.test("a weight with values that 16 bits cannot hold stays in 32", () => {
  assert.equal(storedForm("f16", { ...large, dtype: "F32" }, false), "f32");
});

Deno.test("a network that is loaded in 16 bits takes half the memory for its matrices", async () => {
  using gpu = await open();
  const bytes = writeSafetensors([
    { name: "weight", dtype: "F16", shape: [64, 64], values: new Float32Array(64 * 64).fill(0.5) },
  ]);
  const bytesWith = async (dtype: Precision) => {
    const checkpoint = await readCheckpoint(memorySource(bytes));
    using loaded = await loadNetwork(
      checkpoint,
      (parameters, store) => parameters.packed(store, [64, 64]),
      { gpu, dtype },
    );
    return loaded.network.value.tensor.storage.bytes;
  };
  assert.equal(await bytesWith("f32"), 2 * await bytesWith("f16"));
});
