/**
 * Measures the variants of each kernel family on the adapter that is here, at shapes of real models,
 * and writes the fastest to `.cache/tuning.json`, which the commands use from then on.
 *
 * Usage: `deno task tune [--dry-run]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { attention, type AttentionVariant, dense } from "@vicinity/attention";
import {
  broadcastLanes,
  conv2d,
  depthwiseConv2d,
  fixedSubgroup,
  fusedMlp,
  type GemmVariant,
  layerNorm,
  linear,
  open,
  packDepthwise,
  packWeight,
  sizeOf,
  softmax,
  type Tensor,
  type Tuning,
} from "@vicinity/tensor";
import { warmUp } from "./warm_up.ts";

/** Measurements of a variant at a shape; the fastest counts. */
const REPEATS = 3;
/** Largest relative distance of two variants' results. */
const AGREEMENT = 1e-4;
const TARGET = new URL("../.cache/tuning.json", import.meta.url);

const { values: options } = parseArgs({
  options: { "dry-run": { type: "boolean", default: false } },
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Measured without what an earlier tuning chose. */
const gpu = await open();

function data(count: number, scale: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: count },
    (_, i) => ((i * 2654435761 >>> 0) / 2 ** 31 - 1) * scale,
  );
}

function values(...shape: number[]): Tensor {
  return gpu.tensor(shape, data(sizeOf(shape), 1));
}

/** Variants of one structure, and the operations by which they are judged. */
interface Family {
  readonly name: string;
  readonly variants: readonly string[];
  readonly operations: readonly ((variant: string) => () => Tensor)[];
}

function weight(variant: string, ...shape: number[]) {
  const values = data(sizeOf(shape), 1 / Math.sqrt(sizeOf(shape.slice(1))));
  return packWeight(gpu, values, shape, { variant: variant as GemmVariant });
}

/** The MLP of a stage of 56 x 56 tokens; with a depthwise convolution if there are taps. */
function mlp(dim: number, hidden: number, taps: number): Family["operations"][number] {
  return (variant) => {
    const x = values(1, 56, 56, dim);
    const [fc1, fc2] = [data(hidden * dim, dim ** -0.5), data(dim * hidden, hidden ** -0.5)];
    const [bias1, bias2, filters] = [data(hidden, 1), values(dim), data(hidden * taps, 0.3)];
    if (variant === "fused") {
      const zeros = taps === 0 ? [] : Array.from({ length: hidden }, () => 0);
      const byTap = Array.from(
        { length: taps * hidden },
        (_, at) => filters[at % hidden * taps + Math.floor(at / hidden)] ?? 0,
      );
      const between = Float32Array.from([...bias1, ...zeros, ...byTap]);
      const weights = {
        fc1: gpu.tensor([hidden, dim], fc1),
        between: gpu.tensor([between.length / hidden, hidden], between),
        fc2: gpu.tensor([dim, hidden], fc2),
        bias: bias2,
      };
      return () => fusedMlp(x, weights, { residual: x });
    }
    const [first, second] = [
      packWeight(gpu, fc1, [hidden, dim]),
      packWeight(gpu, fc2, [dim, hidden]),
    ];
    const bias = gpu.tensor([hidden], bias1);
    const last = (y: Tensor) => linear(y, second, { bias: bias2, residual: x });
    if (taps === 0) return () => last(linear(x, first, { bias, activation: "gelu" }));
    const side = Math.sqrt(taps);
    const depthwise = packDepthwise(gpu, filters, [hidden, 1, side, side]);
    return () =>
      last(depthwiseConv2d(linear(x, first, { bias }), depthwise, {
        padding: (side - 1) / 2,
        activation: "gelu",
      }));
  };
}

const canBroadcast = broadcastLanes(gpu.caps) > 0;
const families: readonly Family[] = [
  {
    name: "gemm",
    variants: [...(canBroadcast ? ["lanes"] : []), "registers", "shared"],
    operations: [
      (variant) => {
        const [x, w] = [values(1024, 512), weight(variant, 512, 512)];
        return () => linear(x, w);
      },
      (variant) => {
        const [x, w] = [values(1, 64, 64, 64), weight(variant, 64, 64, 3, 3)];
        return () => conv2d(x, w, { padding: 1 });
      },
    ],
  },
  {
    name: "rows",
    variants: [...(fixedSubgroup(gpu.caps) ? ["subgroup"] : []), "thread", "group"],
    operations: [
      (variant) => {
        const [x, w] = [values(4096, 768), values(768)];
        return () => layerNorm(x, { weight: w, bias: w, variant: variant as "thread" });
      },
      (variant) => {
        const x = values(4096, 1024);
        return () => softmax(x, { variant: variant as "thread" });
      },
    ],
  },
  {
    name: "attention",
    variants: [...(canBroadcast ? ["lanes"] : []), "registers", "tile", "scores"],
    operations: [
      (variant) => {
        const [q, k, v] = [values(1, 4, 512, 64), values(1, 4, 512, 64), values(1, 4, 512, 64)];
        return () => attention(q, k, v, dense(), { variant: variant as AttentionVariant });
      },
    ],
  },
  { name: "mlp", variants: ["layers", "fused"], operations: [mlp(64, 192, 0), mlp(32, 256, 9)] },
];

/** Milliseconds of the fastest of some runs, and the result. */
async function measure(make: () => () => Tensor): Promise<{ ms: number; result: Float32Array }> {
  using _scope = gpu.scope();
  const run = make();
  const [result] = await gpu.read([run()]);
  await warmUp(gpu, 100);
  let ms = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const times = await gpu.profile(() => void run());
    ms = Math.min(ms, times.reduce((sum, { ns }) => sum + ns, 0) / 1e6);
  }
  return { ms, result: Float32Array.from(result ?? []) };
}

/** A fast variant with other results is a fault, not a winner. */
function checkEqual(name: string, a: Float32Array, b: Float32Array): void {
  let [difference, size] = [0, 0];
  b.forEach((value, i) => {
    difference += (value - (a[i] ?? NaN)) ** 2;
    size += value ** 2;
  });
  if (Math.sqrt(difference / size) < AGREEMENT) return;
  throw new Error(`Cannot tune: ${name} computes something else. Run deno task doctor.`);
}

/** The fastest variant by the sum of its times, each relative to the best at its shape. */
async function fastest({ name, variants, operations }: Family): Promise<string> {
  const scores = new Map(variants.map((variant) => [variant, 0]));
  for (const operation of operations) {
    const measured = [];
    for (const variant of variants) {
      measured.push({ variant, ...await measure(() => operation(variant)) });
    }
    const best = Math.min(...measured.map(({ ms }) => ms));
    for (const { variant, ms, result } of measured) {
      checkEqual(`${name} ${variant}`, result, measured[0]?.result ?? result);
      scores.set(variant, (scores.get(variant) ?? 0) + ms / best);
    }
    print(
      `${name}: ${measured.map(({ variant, ms }) => `${variant} ${ms.toFixed(2)} ms`).join(", ")}`,
    );
  }
  return [...scores].reduce((best, next) => next[1] < best[1] ? next : best)[0];
}

const variants: Record<string, string> = {};
for (const family of families) variants[family.name] = await fastest(family);
const tuning: Tuning = { adapter: gpu.caps.description, variants };
gpu.dispose();
print(JSON.stringify(tuning));
if (!options["dry-run"]) {
  await Deno.mkdir(new URL(".", TARGET), { recursive: true });
  await Deno.writeTextFile(TARGET, `${JSON.stringify(tuning)}\n`);
}
