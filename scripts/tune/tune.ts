/** Measuring all operations, and what is written of it. */
import { attentionCandidates } from "@vicinity/attention";
import {
  adapterName,
  candidatesChecksum,
  type GemmVariant,
  type Gpu,
  type Tuning,
  tuningKey,
} from "@vicinity/tensor";
import { rank, TIME_CAP } from "./measure.ts";
import { operations, type Shapes } from "./operations.ts";

/** Options of {@link tune}. */
export interface TuneOptions {
  /** What to measure; extents of the models when absent. */
  readonly shapes?: Shapes;
  /** Milliseconds for an operation. */
  readonly timeCap?: number;
  /** Told what was found, line by line. */
  readonly print: (line: string) => void;
}

/**
 * Measures the kernels of each family.
 *
 * @param gpu A context without a tuning.
 * @param options What to measure.
 * @returns The fastest kernels, where at least two were measured.
 * @throws {Error} If two kernels compute something different.
 */
export async function tune(
  gpu: Gpu,
  { shapes, timeCap = TIME_CAP, print }: TuneOptions,
): Promise<Tuning> {
  const choices: Record<string, string> = {};
  const packedFor = (n: number, k: number) =>
    choices[tuningKey("pack", { n, k })] as GemmVariant | undefined;
  const all = operations(gpu, packedFor, shapes);
  print(
    `${all.length} operations, ${timeCap / 1000} s each but where kernels are slow to compile: ` +
      `at most about ${Math.ceil(all.length * timeCap / 60_000)} min`,
  );
  for (const operation of all) {
    const key = tuningKey(operation.family, operation.extents);
    const skip = (candidate: string, reason: string) =>
      print(`${key}: ${candidate} left out, ${reason}`);
    const ranking = await rank(gpu, operation, skip, timeCap);
    const [fastest, slower] = ranking;
    // One kernel that was compared with none is not a choice: the rules know better.
    if (fastest && slower) choices[key] = fastest.candidate;
    const times = ranking.map(({ candidate, ms }) => `${candidate} ${ms.toFixed(3)}`);
    print(`${key}: ${times.join(", ")} ms`);
  }
  return {
    adapter: adapterName(gpu.caps),
    candidates: await candidatesChecksum(attentionCandidates()),
    choices,
  };
}
