import assert from "node:assert/strict";
import { gridLayers, kernel } from "./kernel.ts";

const SOURCE = { label: "test", bindings: [], params: {}, workgroup: [1, 1, 1], body: "" } as const;

Deno.test("a grid is cut so that no dispatch is too deep or takes too long, and nothing is lost", () => {
  const cases = [[1, 0], [70_000, 1e6], [12, 5e11], [3, 9e13], [65_536, 1e14], [0, 0]] as const;
  for (const [layers, flops] of cases) {
    const parts = gridLayers(layers, flops, 1e11);
    let next = 0;
    for (const { first, count } of parts) {
      assert.equal(first, next);
      assert.ok(count >= 1 && count <= 65_535);
      assert.ok(count === 1 || flops * count / layers <= 1e11, `${count} of ${layers}`);
      next += count;
    }
    assert.equal(next, layers);
  }
  assert.equal(gridLayers(12, 1e9, 1e11).length, 1);
});

Deno.test("workgroup memory is counted by its declarations", () => {
  const declarations = "var<workgroup> a: array<vec4f, 10>;\nvar<workgroup> b: array<f32, 3>;";
  assert.equal(kernel({ ...SOURCE, declarations }).workgroupBytes, 172);
  assert.equal(kernel(SOURCE).workgroupBytes, 0);
  assert.throws(
    () => kernel({ ...SOURCE, declarations: "var<workgroup> c: f32;" }),
    /Cannot count the memory of c: f32 in test/,
  );
});
