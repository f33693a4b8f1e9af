/** Measuring the kernels that an operation may run on. */
import { type Gpu, GpuError, GpuLimitError, ShapeError } from "@vicinity/tensor";
import { warmUp } from "../warm_up.ts";
import type { Operation } from "./operations.ts";

/** Measurements of a kernel; the fastest counts. */
const REPEATS = 3;
/** A kernel that is so much slower at first than the best is not measured again. */
const HOPELESS = 3;
/** Milliseconds for an operation, after which no kernel is tried or measured again. */
export const TIME_CAP = 2000;
/** Largest relative distance of two kernels' results. */
const AGREEMENT = 1e-4;

/** Time and result of a kernel. */
interface Measured {
  readonly candidate: string;
  readonly ms: number;
  readonly result: Float32Array;
}

/** The kernels that were measured for an operation, the fastest first. */
export type Ranking = readonly Pick<Measured, "candidate" | "ms">[];

/**
 * Measures the kernels of an operation one after the other.
 *
 * @param gpu A context without a tuning.
 * @param operation What to measure.
 * @param skip Told which kernels cannot run, and why.
 * @param timeCap Milliseconds after which no kernel is tried or measured again; the first one is.
 * @returns Those that can.
 * @throws {Error} If two kernels compute something different: a wrong one is a fault, not a winner.
 */
export async function rank(
  gpu: Gpu,
  operation: Operation,
  skip: (candidate: string, reason: string) => void,
  timeCap = TIME_CAP,
): Promise<Ranking> {
  const end = performance.now() + timeCap;
  const measured: Measured[] = [];
  for (const candidate of operation.candidates) {
    if (measured.length > 0 && performance.now() > end) {
      skip(candidate, `${timeCap} ms are over`);
      continue;
    }
    try {
      const best = Math.min(...measured.map(({ ms }) => ms));
      measured.push({ candidate, ...await measure(gpu, operation, candidate, { best, end }) });
    } catch (error) {
      // Not every kernel takes all extents.
      if (error instanceof ShapeError) continue;
      if (!(error instanceof GpuError || error instanceof GpuLimitError)) throw error;
      skip(candidate, error.message.split("\n")[0] ?? "");
    }
  }
  for (const { candidate, result } of measured) {
    const name = `${operation.family} ${candidate}`;
    checkEqual(name, result, measured[0]?.result ?? result);
  }
  return measured.map(({ candidate, ms }) => ({ candidate, ms })).sort((a, b) => a.ms - b.ms);
}

/** Milliseconds of the fastest of some runs, and the result. */
async function measure(
  gpu: Gpu,
  { prepare }: Operation,
  candidate: string,
  { best, end }: { best: number; end: number },
): Promise<{ ms: number; result: Float32Array }> {
  using _scope = gpu.scope();
  const run = prepare(gpu, candidate);
  const [result] = await gpu.read([run()]);
  await warmUp(gpu, 100);
  let ms = Infinity;
  const worthwhile = () => ms < HOPELESS * best && performance.now() < end;
  for (let repeat = 0; repeat < REPEATS && (repeat === 0 || worthwhile()); repeat++) {
    const times = await gpu.profile(() => {
      using _temporaries = gpu.scope();
      run();
    });
    ms = Math.min(ms, times.reduce((sum, { ns }) => sum + ns, 0) / 1e6);
  }
  return { ms, result: Float32Array.from(result ?? []) };
}

function checkEqual(name: string, a: Float32Array, b: Float32Array): void {
  let [difference, size] = [0, 0];
  b.forEach((value, i) => {
    difference += (value - (a[i] ?? NaN)) ** 2;
    size += value ** 2;
  });
  if (Math.sqrt(difference / size) < AGREEMENT) return;
  throw new Error(`Cannot tune: ${name} computes something else. Run deno task doctor.`);
}
