/** Time and memory of a whole network, beside the adapter's rate in a matrix product. */
import { type Gpu, matmul, type Plan, sizeOf, type Tensor } from "@vicinity/tensor";
import { warmUp } from "../warm_up.ts";
import { NETWORKS } from "./networks.ts";

/** What is known of a network after all rounds. */
export interface NetworkTimes {
  /** Its name. */
  readonly name: string;
  /** Least milliseconds of its kernels. */
  readonly minMs: number;
  /** Those of the round in the middle. */
  readonly medianMs: number;
  /** Floating-point operations of a run, in 1e9. */
  readonly gflop: number;
  /** Rate of the fastest round. */
  readonly gflops: number;
  /** Rate of the fastest product of two 1024 x 1024 matrices between the rounds. */
  readonly productGflops: number;
  /** Bytes beside the weights, as the plan states them. */
  readonly plannedBytes: number;
  /** Bytes beside the weights, as the context counts them. */
  readonly takenBytes: number;
  /** Tiles that the input was cut into, where it was. */
  readonly tiles?: number;
}

/**
 * Times a network. The first run, which compiles, does not count.
 *
 * @param gpu Where it runs; needs timestamp queries.
 * @param name Its name among the networks.
 * @param rounds How often it runs, unless it takes too long for that.
 * @returns Its least time and its memory.
 */
export async function networkTimes(gpu: Gpu, name: string, rounds: number): Promise<NetworkTimes> {
  const which = NETWORKS[name];
  if (which === undefined) throw new TypeError(`Cannot bench ${name}: there is no such network.`);
  const { input, tiles, most = Infinity, load } = which;
  using network = await load(gpu);
  const before = gpu.stats.liveBytes;
  using plan: Plan<"x", { y: Tensor }> = gpu.plan({
    name,
    inputs: { x: input },
    run: ({ x }) => ({ y: network.forward(x) }),
  });
  const takenBytes = gpu.stats.liveBytes - before;
  await plan.compile();
  using _scope = gpu.scope();
  const square = gpu.tensor([1024, 1024], new Float32Array(1024 ** 2).fill(0.5));
  const [times, rates]: [number[], number[]] = [[], []];
  plan.run({ x: valuesOf(sizeOf(input.shape), input.dtype === "u32") });
  await gpu.settled();
  for (let round = 0; round < Math.min(rounds, most); round++) {
    await warmUp(gpu);
    rates.push(await productRate(gpu, square));
    times.push(await secondsOf(gpu, () => void plan.run()));
  }
  const sorted = times.toSorted((a, b) => a - b);
  const [least = NaN] = sorted;
  return {
    name,
    minMs: 1000 * least,
    medianMs: 1000 * (sorted[sorted.length >> 1] ?? NaN),
    gflop: plan.flops / 1e9,
    gflops: plan.flops / least / 1e9,
    productGflops: Math.max(...rates),
    plannedBytes: plan.peakBytes,
    takenBytes,
    ...(tiles === undefined ? {} : { tiles }),
  };
}

/**
 * What a person reads of a network.
 *
 * @param times The network.
 * @returns Lines of text.
 */
export function networkLines(times: NetworkTimes): string[] {
  const { name, minMs, gflop, gflops, productGflops, tiles } = times;
  const latency = tiles ? ` (${(minMs / tiles).toFixed(1)} ms for each of ${tiles} tiles)` : "";
  const share = (100 * gflops / productGflops).toFixed(0);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    `${name}: ${minMs.toFixed(0)} ms${latency}, ${gflop.toFixed(1)} GFLOP, ` +
    `${gflops.toFixed(1)} GFLOP/s, ${share} % of the ${productGflops.toFixed(1)} GFLOP/s of a ` +
    "matrix product",
    `  memory beside the weights: ${megabytes(times.plannedBytes)} planned, ` +
    `${megabytes(times.takenBytes)} taken`,
  ];
}

function valuesOf(count: number, words: boolean): Uint32Array | Float32Array {
  return words
    ? Uint32Array.from({ length: count }, (_, i) => i * 2654435761 >>> 0)
    : Float32Array.from({ length: count }, (_, i) => Math.sin(i));
}

/** Seconds of a run's kernels, by timestamp queries. */
async function secondsOf(gpu: Gpu, run: () => void): Promise<number> {
  const times = await gpu.profile(run);
  return times.reduce((sum, { ns }) => sum + ns, 0) / 1e9;
}

/** The rate of a product of two 1024 x 1024 matrices, in GFLOP/s. */
async function productRate(gpu: Gpu, x: Tensor): Promise<number> {
  const seconds = await secondsOf(gpu, () => {
    using _scope = gpu.scope();
    matmul(x, x);
  });
  return 2 * 1024 ** 3 / seconds / 1e9;
}
