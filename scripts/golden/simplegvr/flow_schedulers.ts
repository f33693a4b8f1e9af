/** Walks from noise to a latent by a velocity that is known in closed form. */
import { integrate, schedule, type SchedulerKind } from "@vicinity/simplegvr";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import { joined, sizeOf } from "../layout.ts";
import type { Produced } from "../runner.ts";

const KINDS: readonly SchedulerKind[] = ["euler", "unipc", "dpm++"];

/** Schedules and trajectories of all walks that the metadata list, `kind_steps_shiftN`. */
export async function* runFlowSchedulers(golden: GoldenCase): AsyncGenerator<Produced> {
  const cases = golden.json("cases");
  if (!Array.isArray(cases)) throw new GoldenError(`Cannot run ${golden.path}: no list of cases.`);
  for (const name of cases) {
    const [, rule, steps, shift] = /^(.+)_(\d+)_shift([\d.]+)$/.exec(String(name)) ?? [];
    const kind = KINDS.find((kind) => kind === rule);
    if (kind === undefined) {
      throw new GoldenError(`Cannot run ${golden.path}: the walk ${name} is unknown.`);
    }
    const walk = schedule({ kind, steps: Number(steps), shift: Number(shift) });
    const start = await golden.tensor(`input.${name}.z`);
    const mixing = await golden.tensor(`input.${name}.A`);
    const velocity = velocityOf(mixing.values, start.shape);
    const trajectory = integrate(
      walk,
      start.values,
      (latent, step) => velocity(latent, walk.sigmas[step] ?? 0),
    );
    yield { name: `output.${name}.sigmas`, values: walk.sigmas };
    yield { name: `output.${name}.timesteps`, values: walk.timesteps };
    yield { name: `output.${name}.trajectory`, values: joined(trajectory) };
  }
}

/** `tanh(A z) + 0.3 σ z`, where A mixes the channels of `[batch, channels, ...places]`. */
function velocityOf(mixing: Float64Array, shape: readonly number[]) {
  const [, channels = 1, ...places] = shape;
  const area = sizeOf(places);
  return (latent: Float64Array, sigma: number): Float64Array =>
    latent.map((value, at) => {
      const channel = Math.floor(at / area) % channels;
      const first = at - channel * area;
      let mixed = 0;
      for (let from = 0; from < channels; from++) {
        mixed += (mixing[channel * channels + from] ?? 0) * (latent[first + from * area] ?? 0);
      }
      return Math.tanh(mixed) + 0.3 * sigma * value;
    });
}
