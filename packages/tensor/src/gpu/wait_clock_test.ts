import assert from "node:assert/strict";
import { WaitClock } from "./wait_clock.ts";

Deno.test("waits at the same time count once, and what lies between them not at all", async () => {
  let now = 100;
  const clock = new WaitClock(() => now);
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const waits = [clock.during(() => first.promise)];
  now += 10;
  waits.push(clock.during(() => second.promise));
  now += 20;
  assert.equal(clock.ms, 30);
  first.resolve("first");
  assert.equal(await waits[0], "first");
  now += 5;
  second.resolve("second");
  assert.equal(await waits[1], "second");
  assert.equal(clock.ms, 35);
  now += 1000;
  await clock.during(() => {
    now += 7;
    return Promise.resolve();
  });
  assert.equal(clock.ms, 42);
});

Deno.test("a wait that fails counts too, and its error is passed on", async () => {
  let now = 0;
  const clock = new WaitClock(() => now);
  const failing = () => {
    now += 20;
    return Promise.reject(new Error("lost"));
  };
  await assert.rejects(clock.during(failing), /lost/);
  assert.equal(clock.ms, 20);
});

Deno.test("a call that blocks counts, but not twice while somebody waits anyway", async () => {
  let now = 0;
  const clock = new WaitClock(() => now);
  const block = () => clock.blocking(() => now += 3);
  assert.equal(block(), 3);
  assert.equal(clock.ms, 3);
  await clock.during(() => {
    block();
    return Promise.resolve();
  });
  assert.equal(clock.ms, 6);
  const failing = () => {
    now += 2;
    throw new Error("refused");
  };
  assert.throws(() => clock.blocking(failing), /refused/);
  assert.equal(clock.ms, 8);
});
