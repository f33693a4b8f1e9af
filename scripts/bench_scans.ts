/**
 * Time of the parts of detection in a LiDAR scan, with weights from a formula, and the rate of the
 * kernels behind them: `deno task bench:scans SCAN.bin [part of a name] [--rounds 3]`.
 *
 * The scan is a file of KITTI's form, rows of x, y, z and intensity.
 *
 * @module
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Checkpoint } from "@vicinity/checkpoint";
import { CONFIGURATIONS, type DsvtConfig, LidarDetector, type LidarScan } from "@vicinity/dsvt";
import { type Gpu, type KernelTime, open } from "@vicinity/tensor";
import { hashw } from "./golden/dsvt/hashw.ts";

/** The published detector on Waymo, and one of about 0.3 million weights for CPUs. */
function configurations(): ReadonlyMap<string, DsvtConfig> {
  const published = CONFIGURATIONS["dsvt-waymo-pillar"];
  const [stage] = published?.transformer.stages ?? [];
  if (!published || !stage || published.head.kind !== "center") {
    throw new TypeError("Cannot bench detectors: there is no published one.");
  }
  const small: DsvtConfig = {
    ...published,
    features: [],
    range: { min: [-51.2, -51.2, -2], max: [51.2, 51.2, 4] },
    vfe: { ...published.vfe, absolutePosition: false, filters: [32, 48] },
    transformer: {
      ...published.transformer,
      stages: [{ ...stage, channels: 48, heads: 4, feedForward: 96, blocks: 2 }],
    },
    bev: {
      blocks: [0, 1, 1],
      strides: [2, 2, 2],
      filters: [48, 64, 96],
      upsampleStrides: [1, 2, 4],
      upsampleFilters: [32, 32, 32],
    },
    head: { ...published.head, sharedChannels: 48, stride: 2, maxObjects: 300 },
  };
  return new Map([["small", small], ...Object.entries(CONFIGURATIONS)]);
}

function checkpoint(): Checkpoint {
  const values = (key: string, shape: readonly number[]) => hashw(1, key, shape);
  return {
    name: "hashed weights",
    form: "safetensors",
    metadata: {},
    keys: () => [],
    find: (key, shape = []) => ({
      dtype: "F32",
      shape,
      float32: () => Promise.resolve(values(key, shape)),
      chunks: async function* () {
        yield await Promise.resolve(new Uint8Array(values(key, shape).buffer));
      },
    }),
  };
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function scanIn(path: string): Promise<LidarScan> {
  const values = new Float32Array((await Deno.readFile(path)).buffer);
  const count = Math.floor(values.length / 4);
  return {
    positions: Float32Array.from(
      { length: 3 * count },
      (_, at) => values[4 * Math.floor(at / 3) + at % 3] ?? 0,
    ),
    intensity: Float32Array.from({ length: count }, (_, point) => values[4 * point + 3] ?? 0),
  };
}

/** The slowest kinds of kernels, with their rates. */
function printKernels(times: readonly KernelTime[]): void {
  const kinds = Map.groupBy(times, ({ label }) => label);
  const rows = Array.from(kinds, ([label, calls]) => ({
    label,
    calls: calls.length,
    ms: calls.reduce((sum, { ns }) => sum + ns, 0) / 1e6,
    gflop: calls.reduce((sum, { flops }) => sum + flops, 0) / 1e9,
  })).toSorted((a, b) => b.ms - a.ms);
  for (const { label, calls, ms, gflop } of rows.slice(0, 10)) {
    print(
      `  ${label.padEnd(20)} ${String(calls).padStart(5)} calls ${ms.toFixed(1).padStart(9)} ms ` +
        `${gflop.toFixed(2).padStart(8)} GFLOP ${
          (1000 * gflop / ms).toFixed(1).padStart(8)
        } GFLOP/s`,
    );
  }
}

async function bench(gpu: Gpu, scan: LidarScan, rounds: number, name: string): Promise<void> {
  const config = configurations().get(name);
  if (!config) throw new TypeError(`Cannot bench ${name}: it is unknown.`);
  const start = performance.now();
  using detector = await LidarDetector.load({ gpu, weights: checkpoint(), config });
  const loaded = performance.now() - start;
  await detector.run(scan);
  const first = performance.now() - start - loaded;
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    await detector.run(scan, {
      onStage: (stage, ms) => best.set(stage, Math.min(ms, best.get(stage) ?? Infinity)),
    });
  }
  const total = [...best.values()].reduce((sum, ms) => sum + ms, 0);
  print(
    `${name}: load ${loaded.toFixed(0)} ms, first scan ${first.toFixed(0)} ms, then ` +
      Array.from(best, ([stage, ms]) => `${stage} ${ms.toFixed(0)}`).join(", ") +
      `, together ${total.toFixed(0)} ms`,
  );
  printKernels(await gpu.profile(async () => void await detector.run(scan)));
}

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "3" } },
  allowPositionals: true,
});
const [path, part = ""] = positionals;
if (path === undefined) {
  throw new TypeError("Cannot bench: no scan is named. Use deno task bench:scans SCAN.bin.");
}
using gpu = await open();
print(gpu.caps.description);
const scan = await scanIn(resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path));
for (const name of configurations().keys()) {
  if (name.includes(part)) await bench(gpu, scan, Number(options.rounds), name);
}
