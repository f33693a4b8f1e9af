import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("work is done one after the other, and a failure stops nothing", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} starts`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    log.push(`${name} ends`);
    if (name === "b") throw new Error("b failed");
    return name;
  };
  assert.equal(turns.busy, false);
  const all = ["a", "b", "c"].map((name) => turns.take(work(name)));
  assert.equal(turns.busy, true);
  const results = await Promise.allSettled(all);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(log, ["a", "b", "c"].flatMap((name) => [`${name} starts`, `${name} ends`]));
  assert.equal(turns.busy, false);
});
