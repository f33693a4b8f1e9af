import assert from "node:assert/strict";
import { integrate, schedule, type SchedulerKind } from "./schedulers.ts";

const KINDS: readonly SchedulerKind[] = ["euler", "unipc", "dpm++"];

Deno.test("levels fall from the top to zero, one more than there are steps", () => {
  for (const kind of KINDS) {
    for (const shift of [1, 3, 5]) {
      const { sigmas, timesteps } = schedule({ kind, steps: 7, shift });
      assert.equal(sigmas.length, 8);
      assert.equal(timesteps.length, 7);
      assert.equal(sigmas.at(-1), 0);
      assert.ok(sigmas.every((sigma, step) => step === 0 || sigma < (sigmas[step - 1] ?? 0)));
    }
  }
});

Deno.test("a shift keeps the ends and raises what lies between", () => {
  const even = schedule({ kind: "euler", steps: 4, shift: 1 }).sigmas;
  const high = schedule({ kind: "euler", steps: 4, shift: 3 }).sigmas;
  assert.equal(high[0], 1);
  for (const step of [1, 2, 3]) assert.ok((high[step] ?? 0) > (even[step] ?? 1));
});

Deno.test("multistep rules tell the network whole times, UniPC from 999", () => {
  const unipc = schedule({ kind: "unipc", steps: 3, shift: 1 });
  assert.equal(unipc.timesteps[0], 999);
  for (const kind of ["unipc", "dpm++"] as const) {
    const { timesteps } = schedule({ kind, steps: 6, shift: 5 });
    assert.ok(timesteps.every(Number.isInteger));
  }
});

Deno.test("every rule finds a clean latent that the network knows exactly", () => {
  const clean = [0.3, -2, 5];
  for (const kind of KINDS) {
    const walk = schedule({ kind, steps: 5, shift: 3 });
    const velocityAt = (latent: Float64Array, step: number) =>
      latent.map((value, i) => (value - (clean[i] ?? 0)) / (walk.sigmas[step] ?? 1));
    const trajectory = integrate(walk, [1, 1, 1], velocityAt);
    assert.equal(trajectory.length, 5);
    clean.forEach((value, i) => {
      assert.ok(Math.abs((trajectory.at(-1)?.[i] ?? NaN) - value) < 1e-12, kind);
    });
  }
});

Deno.test("the network is asked once a step, in order, and the start stays as it was", () => {
  for (const kind of KINDS) {
    const asked: number[] = [];
    const start = Float64Array.of(1, 2);
    integrate(schedule({ kind, steps: 4, shift: 1 }), start, (latent, step) => {
      asked.push(step);
      return latent;
    });
    assert.deepEqual(asked, [0, 1, 2, 3]);
    assert.deepEqual([...start], [1, 2]);
  }
});

Deno.test("second-order rules come closer to the true path than Euler with as many steps", () => {
  // Data around 0 with deviation 0.5: the velocity is known, and so is where every path ends.
  const variance = 0.25;
  const velocityOf = (sigma: number) => (value: number) => {
    const clean = (1 - sigma) * variance / ((1 - sigma) ** 2 * variance + sigma ** 2) * value;
    return (value - clean) / Math.max(sigma, 1e-9);
  };
  const errorOf = (kind: SchedulerKind) => {
    const walk = schedule({ kind, steps: 20, shift: 1 });
    const end = integrate(
      walk,
      [1],
      (latent, step) => latent.map(velocityOf(walk.sigmas[step] ?? 0)),
    ).at(-1);
    return Math.abs((end?.[0] ?? NaN) - 0.5);
  };
  assert.ok(errorOf("dpm++") < errorOf("euler") / 4);
  assert.ok(errorOf("unipc") < errorOf("euler") / 4);
});
