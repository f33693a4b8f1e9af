import assert from "node:assert/strict";
import { OutOfMemoryError } from "@vicinity/tensor";
import { ConfigError } from "@vicinity/vision";
import { ScaleError } from "./geometry.ts";
import { TINY } from "./testing/tiny.ts";
import { WindowError, WorkPlanner } from "./work_plan.ts";

const ROOM = { budgetBytes: 2 ** 30, bindingBytes: 2 ** 27 };
const SIZE = { width: 300, height: 170 };

Deno.test("what fits is worked on in one piece, and what does not in tiles that cover it", () => {
  const whole = new WorkPlanner(TINY, ROOM).plan(SIZE);
  assert.deepEqual(whole.tiles.map(({ width, height }) => [width, height]), [[300, 170]]);
  assert.deepEqual([whole.window, whole.chunk], [0, 5]);
  assert.ok(whole.memoryBytes <= ROOM.budgetBytes);
  const little = { ...ROOM, budgetBytes: 96 << 20 };
  const cut = new WorkPlanner(TINY, little).plan(SIZE);
  assert.ok(cut.tiles.length > 1 && cut.memoryBytes <= little.budgetBytes);
  const covered = cut.tiles.reduce(
    (sum, { core }) => sum + (core.bottom - core.top) * (core.right - core.left),
    0,
  );
  assert.equal(covered, 300 * 170);
  const smaller = new WorkPlanner(TINY, little).smaller(cut, SIZE);
  assert.ok(smaller !== undefined && smaller.memoryBytes < cut.memoryBytes / 2);
});

Deno.test("a frame that is to stay whole stays whole, whatever the memory", () => {
  const planner = new WorkPlanner(TINY, { ...ROOM, budgetBytes: 64 << 20 });
  const plan = planner.plan({ ...SIZE, tile: 0 });
  assert.deepEqual([plan.tiles.length, plan.chunk], [1, 1]);
  assert.ok(plan.memoryBytes > 64 << 20);
  assert.equal(planner.smaller(plan, { ...SIZE, tile: 0 }), undefined);
});

Deno.test("a window is as long as the network knows, or shorter, and needs no larger chunk", () => {
  const clips = new WorkPlanner({ ...TINY, clip: 4 }, ROOM);
  const plans = [{}, { window: 3 }, { frames: 1 }].map((rest) => clips.plan({ ...SIZE, ...rest }));
  assert.deepEqual(plans.map(({ window, chunk }) => [window, chunk]), [[4, 4], [3, 3], [1, 1]]);
  const [four = 0, three = 0] = plans.map(({ memoryBytes }) => memoryBytes);
  assert.ok(three < four);
  assert.equal(new WorkPlanner(TINY, ROOM).plan({ ...SIZE, window: 9 }).window, 9);
  for (const window of [5, 0, 1.5]) {
    assert.throws(() => clips.plan({ ...SIZE, window }), WindowError);
  }
});

Deno.test("what cannot be done is refused before any work", () => {
  const planner = new WorkPlanner(TINY, { ...ROOM, budgetBytes: 1 << 20 });
  const isTold = ({ requested, budget }: OutOfMemoryError) => requested > budget;
  assert.throws(
    () => planner.plan(SIZE),
    (error) => error instanceof OutOfMemoryError && isTold(error),
  );
  assert.throws(() => planner.plan({ ...SIZE, scale: Math.PI }), ScaleError);
  const { dit } = TINY.net;
  const attention = { ...dit.attention, unit: 0 };
  const endless = { ...TINY, net: { ...TINY.net, dit: { ...dit, attention } } };
  assert.throws(() => new WorkPlanner(endless, ROOM), ConfigError);
});
