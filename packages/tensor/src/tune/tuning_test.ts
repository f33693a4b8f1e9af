import assert from "node:assert/strict";
import { open, packWeight, parseTuning } from "../../mod.ts";
import { chooseRowVariant } from "../wgsl/row_walk.ts";

Deno.test("a tuning decides on its own adapter only, and only among what can run", async () => {
  using plain = await open();
  const adapter = plain.caps.description;
  const shape = [8, 8];
  const data = new Float32Array(64);
  const tuned = { gemm: "registers", rows: "group" };
  const cases = [
    [{ adapter, variants: tuned }, "registers", "group"],
    [{ adapter: "another card", variants: tuned }, undefined, undefined],
    [{ adapter, variants: { gemm: "fastest", rows: "" } }, undefined, undefined],
  ] as const;
  const usualGemm = packWeight(plain, data, shape).tile.variant;
  const usualRows = chooseRowVariant(plain.caps, 10, 1000);
  for (const [tuning, gemm, rows] of cases) {
    using gpu = await open({ tuning });
    assert.equal(packWeight(gpu, data, shape).tile.variant, gemm ?? usualGemm);
    assert.equal(chooseRowVariant(gpu.caps, 10, 1000), rows ?? usualRows);
  }
});

Deno.test("a tuning file that says something else is refused", () => {
  for (const value of [null, [], { variants: {} }, { adapter: "a", variants: { gemm: 1 } }]) {
    assert.throws(() => parseTuning(value), /Tune again/);
  }
});
