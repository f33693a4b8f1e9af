import assert from "node:assert/strict";
import { assignSlots } from "./memory.ts";

Deno.test("needs that do not overlap in time share a slot", () => {
  const slots = assignSlots([
    { bytes: 10, first: 0, last: 1 },
    { bytes: 8, first: 1, last: 2 },
    { bytes: 6, first: 2, last: 3 },
  ]);
  assert.deepEqual(slots.map(({ bytes, tenants }) => [bytes, tenants.length]), [[10, 2], [8, 1]]);
});

Deno.test("no two tenants of a slot are alive together, for random lifetimes", () => {
  let state = 1;
  const random = (below: number) => (state = state * 48271 % 2147483647) % below;
  const needs = Array.from({ length: 200 }, () => {
    const first = random(100);
    return { bytes: 1 + random(1000), first, last: first + random(20) };
  });
  const slots = assignSlots(needs);
  assert.equal(slots.reduce((sum, { tenants }) => sum + tenants.length, 0), needs.length);
  for (const { bytes, tenants } of slots) {
    for (const [index, a] of tenants.entries()) {
      assert(a.bytes <= bytes);
      for (const b of tenants.slice(index + 1)) assert(a.last < b.first || b.last < a.first);
    }
  }
});
