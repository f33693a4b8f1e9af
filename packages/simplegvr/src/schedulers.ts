/** The ways of walking from noise to a latent. */
export type SchedulerKind = "euler" | "unipc" | "dpm++";

/** Noise levels and the times told to the network, one per step. */
export interface Schedule {
  /** Which update rule these levels are for. */
  readonly kind: SchedulerKind;
  /** `steps + 1` noise levels, falling to 0. */
  readonly sigmas: readonly number[];
  /** `steps` network times, 0 … 1000. */
  readonly timesteps: readonly number[];
}

/** How long and how biased towards high noise a walk is. */
export interface ScheduleOptions {
  /** Update rule. */
  readonly kind: SchedulerKind;
  /** Number of steps, at least 1. */
  readonly steps: number;
  /** Bias of the levels: 1 is even, larger spends more steps at high noise. */
  readonly shift: number;
}

/** Levels in the training schedule of the reference, which UniPC's first level comes from. */
const TRAINING_LEVELS = 1000;

/**
 * Lays out the noise levels of a walk.
 *
 * @param options Rule, number of steps and shift.
 * @returns Levels and network times. UniPC starts from the last training level instead of 1, and
 * UniPC and DPM++ cut the network times to whole numbers, as the reference does.
 *
 * @example
 * ```ts
 * import { schedule } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(schedule({ kind: "euler", steps: 2, shift: 1 }).sigmas, [1, 0.5, 0]);
 * ```
 */
export function schedule(options: ScheduleOptions): Schedule {
  const { kind, steps, shift } = options;
  const first = kind === "unipc" ? 1 - 1 / TRAINING_LEVELS : 1;
  const sigmas = Array.from({ length: steps }, (_, i) => {
    const level = first * (1 - i / steps);
    return shift * level / (1 + (shift - 1) * level);
  });
  const timesteps = sigmas.map((sigma) => sigma * TRAINING_LEVELS);
  return {
    kind,
    sigmas: [...sigmas, 0],
    timesteps: kind === "euler" ? timesteps : timesteps.map(wholeTimestep),
  };
}

/** Cuts to an integer after rounding to single precision, where the reference holds its levels. */
function wholeTimestep(timestep: number): number {
  return Math.trunc(Math.fround(timestep));
}

/** Gives the network's velocity for a latent at one step of the walk. */
export type VelocityAt = (latent: Float64Array, step: number) => ArrayLike<number>;

/**
 * Walks a latent along a schedule.
 *
 * @param walk The schedule of one of the three rules.
 * @param start The latent at the first noise level.
 * @param velocityAt The network: called once per step, in order.
 * @returns The latent after every step, the last one free of noise.
 *
 * @example
 * ```ts
 * import { integrate, schedule } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const walk = schedule({ kind: "euler", steps: 1, shift: 1 });
 * const [end] = integrate(walk, [3], () => [2]);
 * assert.deepEqual([...(end ?? [])], [1]);
 * ```
 */
export function integrate(
  walk: Schedule,
  start: ArrayLike<number>,
  velocityAt: VelocityAt,
): Float64Array[] {
  const stepper = STEPPERS[walk.kind](walk.sigmas);
  const trajectory: Float64Array[] = [];
  let latent = Float64Array.from(start);
  for (let step = 0; step < walk.timesteps.length; step++) {
    latent = stepper(latent, velocityAt(latent, step), step);
    trajectory.push(latent);
  }
  return trajectory;
}

type Stepper = (
  latent: Float64Array,
  velocity: ArrayLike<number>,
  step: number,
) => Float64Array<ArrayBuffer>;

const STEPPERS: Readonly<Record<SchedulerKind, (sigmas: readonly number[]) => Stepper>> = {
  "euler": (sigmas) => (latent, velocity, step) => {
    const stride = (sigmas[step + 1] ?? 0) - (sigmas[step] ?? 0);
    return map(latent, (x, i) => x + stride * (velocity[i] ?? 0));
  },
  "dpm++": dpmStepper,
  "unipc": unipcStepper,
};

/** The quantities of one move between noise levels; the log ratio is infinite at 0 and 1. */
interface Move {
  readonly alpha: number;
  readonly ratio: number;
  readonly h: number;
  readonly expm1: number;
  readonly lambda: number;
}

function moveBetween(from: number, to: number): Move {
  const lambda = logRatio(from);
  const h = logRatio(to) - lambda;
  return { alpha: 1 - to, ratio: to / from, h, expm1: Math.expm1(-h), lambda };
}

function logRatio(sigma: number): number {
  return Math.log(1 - sigma) - Math.log(sigma);
}

/** The move that treats the clean estimate as constant. */
function firstOrder(
  move: Move,
  latent: Float64Array,
  clean: Float64Array,
): Float64Array<ArrayBuffer> {
  return map(latent, (x, i) => move.ratio * x - move.alpha * move.expm1 * (clean[i] ?? 0));
}

function cleanEstimate(
  latent: Float64Array,
  velocity: ArrayLike<number>,
  sigma: number,
): Float64Array<ArrayBuffer> {
  return map(latent, (x, i) => x - sigma * (velocity[i] ?? 0));
}

/** Second order, multistep, midpoint form; first order at both ends. */
function dpmStepper(sigmas: readonly number[]): Stepper {
  let previous: Float64Array | undefined;
  return (latent, velocity, step) => {
    const sigma = sigmas[step] ?? 0;
    const clean = cleanEstimate(latent, velocity, sigma);
    const old = previous;
    previous = clean;
    if (step === sigmas.length - 2) return clean;
    const move = moveBetween(sigma, sigmas[step + 1] ?? 0);
    const next = firstOrder(move, latent, clean);
    if (old === undefined) return next;
    const r = (move.lambda - logRatio(sigmas[step - 1] ?? 1)) / move.h;
    return map(next, (x, i) => x - halfChange(move) * difference(clean, old, i) / r);
  };
}

function halfChange(move: Move): number {
  return 0.5 * move.alpha * move.expm1;
}

function difference(a: Float64Array, b: Float64Array, index: number): number {
  return (a[index] ?? 0) - (b[index] ?? 0);
}

/** Order two, `bh2`, with a corrector that reuses the next step's network call. */
function unipcStepper(sigmas: readonly number[]): Stepper {
  const steps = sigmas.length - 1;
  const orderAt = (step: number) => Math.min(2, steps - step, step + 1);
  const cleans: Float64Array[] = [];
  let before: Float64Array | undefined;
  return (latent, velocity, step) => {
    const clean = cleanEstimate(latent, velocity, sigmas[step] ?? 0);
    const sample = before === undefined ? latent : correct(before, clean, step);
    cleans.push(clean);
    before = sample;
    return predict(sample, clean, step);
  };

  function predict(sample: Float64Array, clean: Float64Array, step: number) {
    if (step === steps - 1) return Float64Array.from(clean);
    const move = moveBetween(sigmas[step] ?? 1, sigmas[step + 1] ?? 0);
    const next = firstOrder(move, sample, clean);
    const old = cleans[step - 1];
    if (orderAt(step) < 2 || old === undefined) return next;
    const r = (logRatio(sigmas[step - 1] ?? 1) - move.lambda) / move.h;
    return map(next, (x, i) => x - halfChange(move) * difference(old, clean, i) / r);
  }

  function correct(sample: Float64Array, newest: Float64Array, step: number) {
    const move = moveBetween(sigmas[step - 1] ?? 1, sigmas[step] ?? 0);
    const clean = cleans[step - 1] ?? newest;
    const next = firstOrder(move, sample, clean);
    const older = cleans[step - 2];
    if (orderAt(step - 1) < 2 || older === undefined) {
      return map(next, (x, i) => x - halfChange(move) * difference(newest, clean, i));
    }
    const r = (logRatio(sigmas[step - 2] ?? 1) - move.lambda) / move.h;
    const [past, future] = correctorWeights(move, r);
    return map(next, (x, i) => {
      const change = past * difference(older, clean, i) / r + future * difference(newest, clean, i);
      return x - move.alpha * move.expm1 * change;
    });
  }
}

/** Solves `[[1, 1], [r, 1]] · ρ = b` for the weights of the past and the new difference. */
function correctorWeights(move: Move, r: number): [number, number] {
  const hh = -move.h;
  const phi = move.expm1 / hh - 1;
  const b1 = phi / move.expm1;
  const b2 = 2 * (phi / hh - 0.5) / move.expm1;
  const past = (b1 - b2) / (1 - r);
  return [past, b1 - past];
}

function map(
  values: Float64Array,
  change: (value: number, index: number) => number,
): Float64Array<ArrayBuffer> {
  return Float64Array.from(values, change);
}
