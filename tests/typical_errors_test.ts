import assert from "node:assert/strict";
import { kindOf, type Records } from "../scripts/typical_errors/records.ts";

const root = new URL("../", import.meta.url);
const folder = new URL("fixtures/typical_errors/", root);

Deno.test("comparisons that differ in their extents are of one kind", () => {
  assert.equal(kindOf("thread 3x257"), "thread");
  assert.equal(kindOf('lanes {"x":[1,2],"kernel":[3,3]}'), "lanes");
  assert.equal(kindOf("7 rows of 3"), "rows of");
  assert.equal(kindOf("lanes bf16 12"), "lanes bf16");
  assert.equal(kindOf("[2,3]"), "values");
});

Deno.test("every test file with recorded errors is still there", () => {
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".json")) continue;
    const records: Records = JSON.parse(Deno.readTextFileSync(new URL(name, folder)));
    for (const path of Object.keys(records)) {
      assert.ok(Deno.statSync(new URL(path, root)).isFile, `${name}: ${path}`);
    }
  }
});
