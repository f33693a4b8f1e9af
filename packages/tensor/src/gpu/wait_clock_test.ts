import assert from "node:assert/strict";
import { WaitClock } from "./wait_clock.ts";

const pause = (ms: number) => () =>
  new Promise<string>((done) => setTimeout(() => done("over"), ms));

Deno.test("waits at the same time count once, and what lies between them not at all", async () => {
  const clock = new WaitClock();
  await Promise.all([clock.during(pause(40)), clock.during(pause(40)), clock.during(pause(20))]);
  const together = clock.ms;
  assert.ok(together > 30 && together < 70, `${together}`);
  await pause(30)();
  assert.equal(clock.ms, together);
  assert.equal(await clock.during(pause(10)), "over");
  assert.ok(clock.ms > together + 5);
});

Deno.test("a wait that fails counts too, and its error is passed on", async () => {
  const clock = new WaitClock();
  const failing = () => pause(20)().then(() => Promise.reject(new Error("lost")));
  await assert.rejects(clock.during(failing), /lost/);
  assert.ok(clock.ms > 10);
});
