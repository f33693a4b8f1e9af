/** Time of every stage of detection in a scan, from the bytes of a file to boxes. */
import { type LoadedNetwork, loadNetwork } from "@vicinity/checkpoint";
import {
  Dsvt,
  type DsvtConfig,
  DsvtPlans,
  estimateGround,
  gridOf,
  pointRows,
  SCAN_FRAMES,
  type VoxelisedScan,
} from "@vicinity/dsvt";
import { readPoints } from "@vicinity/media";
import { type Gpu, type KernelTime, kernelTotals, type Tensor } from "@vicinity/tensor";
import { timedDetector } from "./detectors.ts";

/** One stage. */
export interface StageTime {
  /** Its name: load, voxelise, VFE, DSVT, BEV, head or NMS. */
  readonly stage: string;
  /** Least milliseconds of all rounds: of kernels by timestamps, of the host by the clock. */
  readonly ms: number;
  /** Floating-point operations; 0 on the host. */
  readonly flops: number;
}

/** All stages of a detector. */
export interface ScanTimes {
  /** The detector. */
  readonly name: string;
  /** Points of the scan, occupied cells, boxes. */
  readonly counts: { readonly points: number; readonly cells: number; readonly boxes: number };
  /** The stages in order. */
  readonly stages: readonly StageTime[];
  /** The kernels of the last round. */
  readonly kernels: readonly KernelTime[];
}

/** A scan in its file. */
export interface ScanFile {
  /** Name of the file. */
  readonly name: string;
  /** The file. */
  readonly bytes: Uint8Array;
}

/**
 * Times the stages of a detector on a scan. The first round, which makes plans and compiles, does not
 * count.
 *
 * @param gpu Where it runs; needs timestamp queries.
 * @param file The scan.
 * @param name The detector.
 * @param rounds How often the stages are timed.
 * @returns The least time of each.
 */
export async function scanTimes(
  gpu: Gpu,
  file: ScanFile,
  name: string,
  rounds: number,
): Promise<ScanTimes> {
  using detector = await timedDetector(name);
  const { config, weights } = detector;
  using loaded = await loadNetwork(
    weights,
    (parameters, store) => new Dsvt(parameters, store, config),
    { gpu },
  );
  using plans = new DsvtPlans(gpu, loaded.network, config);
  const bench = { gpu, file, config, loaded, plans };
  let best = await oneRound(bench);
  for (let round = 0; round < rounds; round++) {
    const next = await oneRound(bench);
    const stages = next.stages.map((stage, at) => {
      const earlier = round === 0 ? undefined : best.stages[at];
      return earlier && earlier.ms < stage.ms ? earlier : stage;
    });
    best = { ...next, stages };
  }
  return { name, ...best };
}

interface Bench {
  readonly gpu: Gpu;
  readonly file: ScanFile;
  readonly config: DsvtConfig;
  readonly loaded: LoadedNetwork<Dsvt>;
  readonly plans: DsvtPlans;
}

async function oneRound({ gpu, file, config, loaded, plans }: Bench) {
  const stages: StageTime[] = [];
  const kernels: KernelTime[] = [];
  const onHost = async <Value>(stage: string, run: () => Value | Promise<Value>) => {
    const start = performance.now();
    const value = await run();
    stages.push({ stage, ms: performance.now() - start, flops: 0 });
    return value;
  };
  const onGpu = async <Value>(run: () => Value) => {
    let value: { readonly it: Value } | undefined;
    const times = await gpu.profile(() => void (value = { it: run() }));
    kernels.push(...times);
    if (!value) throw new TypeError("Cannot measure: this adapter has no timestamp queries.");
    return { value: value.it, times };
  };
  const add = (stage: string, times: readonly KernelTime[]) =>
    stages.push({ stage, ...sum(times) });

  const cloud = await onHost("load", () => readPoints(file.bytes, { name: file.name }));
  const ground = estimateGround(cloud.positions);
  const lift = SCAN_FRAMES[config.frame].groundZ - (ground.found ? ground.z : 0);
  for (let at = 2; at < cloud.positions.length; at += 3) {
    cloud.positions[at] = (cloud.positions[at] ?? 0) + lift;
  }
  const scan = await onHost("voxelise", () => plans.voxelise(pointRows(cloud, config)));
  const encoded = await onGpu(() => plans.encode(scan));
  add("VFE", encoded.times);
  const transformed = await onGpu(() => encoded.value.run());
  add("DSVT", transformed.times);
  const looked = await onGpu(() => plans.look(scan, transformed.value));
  const [backbone, head] = split(looked.times, mapFlops(gpu, loaded.network, scan, config));
  add("BEV", backbone);
  add("head", head);
  const boxes = await onHost("NMS", () => decode(gpu, loaded.network, looked.value, config));
  return {
    counts: {
      points: cloud.positions.length / 3,
      cells: scan.voxels.count,
      boxes: boxes.length,
    },
    stages,
    kernels,
  };
}

async function decode(
  gpu: Gpu,
  network: Dsvt,
  outputs: Readonly<Record<string, Tensor>>,
  config: DsvtConfig,
) {
  const values = await gpu.read(Object.values(outputs));
  return network.denseHead.decode(
    Object.fromEntries(Object.keys(outputs).map((name, at) => [name, values[at] ?? []])),
    { columns: gridOf(config)[0] / config.head.stride },
  );
}

function sum(times: readonly KernelTime[]): { readonly ms: number; readonly flops: number } {
  const total = (of: (time: KernelTime) => number) =>
    times.reduce((all, time) => all + of(time), 0);
  return { ms: total(({ ns }) => ns) / 1e6, flops: total(({ flops }) => flops) };
}

/** Operations of the backbone, by which its kernels are told from those of the head behind them. */
function mapFlops(gpu: Gpu, network: Dsvt, scan: VoxelisedScan, config: DsvtConfig): number {
  const [columns, rows] = gridOf(config);
  const channels = config.transformer.stages.at(-1)?.channels ?? 0;
  using plan = gpu.plan({
    name: "backbone",
    inputs: {
      voxels: { shape: [Math.max(1, scan.voxels.count), channels] },
      pixels: { shape: [1, rows, columns], dtype: "u32" },
    },
    run: ({ voxels, pixels }) => {
      const { slices } = network.backbone2d.forward(voxels, pixels);
      return Object.fromEntries(slices.map((slice, at) => [`slice${at}`, slice]));
    },
  });
  return plan.flops;
}

function split(times: readonly KernelTime[], flops: number): [KernelTime[], KernelTime[]] {
  let [done, at] = [0, 0];
  while (at < times.length && done < flops) done += times[at++]?.flops ?? 0;
  return [times.slice(0, at), times.slice(at)];
}

/**
 * The stages as a table.
 *
 * @param times What was measured.
 * @returns Its lines.
 */
export function stageLines({ name, counts, stages }: ScanTimes): string[] {
  const all = stages.reduce((total, { ms }) => total + ms, 0);
  const { points, cells, boxes } = counts;
  return [
    `${name}: ${points} points, ${cells} cells, ${boxes} boxes, ${all.toFixed(0)} ms`,
    ...stages.map(({ stage, ms, flops }) =>
      `  ${stage.padEnd(12)}${ms.toFixed(1).padStart(9)} ms ${
        (100 * ms / all).toFixed(1).padStart(5)
      } %${
        flops === 0
          ? ""
          : `${(flops / 1e9).toFixed(2).padStart(9)} GFLOP ${
            (flops / ms / 1e6).toFixed(1).padStart(7)
          } GFLOP/s`
      }`
    ),
  ];
}

/**
 * The slowest kinds of kernels, with their rates.
 *
 * @param times What was measured.
 * @returns One line each.
 */
export function kernelLines({ kernels }: ScanTimes): string[] {
  return kernelTotals(kernels).slice(0, 10).map(({ label, calls, ns, flops }) =>
    `  ${label.padEnd(20)} ${String(calls).padStart(5)} calls ${
      (ns / 1e6).toFixed(1).padStart(9)
    } ms ${(flops / 1e9).toFixed(2).padStart(8)} GFLOP ${
      (flops / ns).toFixed(1).padStart(8)
    } GFLOP/s`
  );
}
