/**
 * Time and memory of whole networks with weights from a formula, beside the adapter's rate in a
 * matrix product: `deno task bench:networks [part of a name] [--rounds 5]`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { loadNetwork } from "@vicinity/checkpoint";
import { Classifier, SEGMENTERS, UperNetDinat, VARIANTS } from "@vicinity/dinat";
import * as favit from "@vicinity/favit";
import {
  enlargeMasks,
  partition,
  RelayFormer,
  type RelayFormerConfig,
} from "@vicinity/relayformer";
import {
  concat,
  type Gpu,
  type InputSpec,
  matmul,
  open,
  type Plan,
  reshape,
  sizeOf,
  type Tensor,
} from "@vicinity/tensor";
import { hashWeightsV1 } from "./golden/dinat/hash_weights.ts";
import { filledWeights } from "./golden/relayformer/fill_rule.ts";
import { warmUp } from "./warm_up.ts";

/** A network on the GPU, as a function of a picture. */
interface Network extends Disposable {
  readonly forward: (x: Tensor) => Tensor;
}

/** A network and what it is given. */
interface Case {
  /** Shape and kind of its input. */
  readonly input: InputSpec;
  /** Tiles that it is cut into, where it is. */
  readonly tiles?: number;
  readonly load: (gpu: Gpu) => Promise<Network>;
}

/** A square picture, normalised. */
function pixels(side: number): InputSpec {
  return { shape: [1, side, side, 3] };
}

/** RelayFormer on a full canvas, from bytes to the masks of all frames. */
function relayFormer(config: RelayFormerConfig, frames = 1): Case {
  const { size } = config.canvas;
  const cut = partition(config.canvas, [size, size]);
  return {
    input: { shape: [frames * size * size * 3 / 4], dtype: "u32" },
    tiles: frames * config.canvas.grid ** 2,
    load: async (gpu) => {
      const { network, dispose } = await loadNetwork(
        filledWeights(5),
        (parameters, store) => new RelayFormer(parameters, store, config),
        { gpu },
      );
      return {
        forward: (x) => {
          const masks = network.forward(x, cut, frames).frames.map(({ mask }) => mask);
          return enlargeMasks(
            concat(masks.map((mask) => reshape(mask, [1, ...mask.shape, 1])), 0),
            cut,
            "official",
          );
        },
        [Symbol.dispose]: dispose,
      };
    },
  };
}

/** The published size. */
const VIT_B = {
  vit: {
    dim: 768,
    depth: 12,
    heads: 12,
    hidden: 3072,
    relayTokens: 3,
    positionGrid: 14,
    rank: 8,
    alpha: 16,
    blockEps: 1e-5,
  },
  decoder: { dim: 256, queries: 8, heads: 8, layers: 3, hidden: 256 },
};

/** The size of `relayformer-mini`. */
const MINI: RelayFormerConfig = {
  canvas: { size: 256, grid: 2, tile: 144 },
  vit: { ...VIT_B.vit, dim: 192, depth: 6, heads: 3, hidden: 768, positionGrid: 9 },
  decoder: { dim: 128, queries: 8, heads: 4, layers: 2, hidden: 128 },
};

const NETWORKS: Readonly<Record<string, Case>> = {
  "dinat-mini 224x224": {
    input: pixels(224),
    load: async (gpu) => {
      const { network, dispose } = await loadNetwork(
        hashWeightsV1(),
        (parameters, store) =>
          new Classifier(parameters, store, required(VARIANTS, "dinat-mini").backbone, 1000),
        { gpu },
      );
      return { forward: (x) => network.forward(x).logits, [Symbol.dispose]: dispose };
    },
  },
  "favit-b0 224x224": favitClassifier("favit-b0"),
  "favit-b2 224x224": favitClassifier("favit-b2"),
  "upernet-dinat-mini 512x512": {
    input: pixels(512),
    load: async (gpu) => {
      const { network, dispose } = await loadNetwork(
        hashWeightsV1(),
        (parameters, store) =>
          new UperNetDinat(parameters, store, required(SEGMENTERS, "upernet-dinat-mini").network),
        { gpu },
      );
      return { forward: (x) => network.forward(x).logits, [Symbol.dispose]: dispose };
    },
  },
  "relayformer-mini 256x256": relayFormer(MINI),
  "relayformer-mini 4x256x256": relayFormer(MINI, 4),
  "relayformer ViT-B 512x512": relayFormer({
    ...VIT_B,
    canvas: { size: 512, grid: 2, tile: 272 },
  }),
  "relayformer ViT-B 1024x1024": relayFormer({
    ...VIT_B,
    canvas: { size: 1024, grid: 2, tile: 528 },
  }),
};

function favitClassifier(name: favit.Size): Case {
  return {
    input: pixels(224),
    load: async (gpu) => {
      const { network, dispose } = await loadNetwork(
        hashWeightsV1(),
        (parameters, store) =>
          new favit.FavitClassifier(parameters, store, favit.BACKBONES[name], 1000),
        { gpu },
      );
      return { forward: (x) => network.forward(x).logits, [Symbol.dispose]: dispose };
    },
  };
}

function required<T>(table: Readonly<Record<string, T>>, name: string): T {
  const value = table[name];
  if (value === undefined) throw new TypeError(`Cannot bench ${name}: it is not published.`);
  return value;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Seconds of a run's kernels, by timestamp queries. */
async function secondsOf(gpu: Gpu, run: () => void): Promise<number> {
  const times = await gpu.profile(run);
  return times.reduce((sum, { ns }) => sum + ns, 0) / 1e9;
}

/** The rate of a product of 1024 x 1024 matrices, in GFLOP/s. */
async function matmulRate(gpu: Gpu, x: Tensor): Promise<number> {
  const seconds = await secondsOf(gpu, () => {
    using _scope = gpu.scope();
    matmul(x, x);
  });
  return 2 * 1024 ** 3 / seconds / 1e9;
}

async function bench(gpu: Gpu, name: string, rounds: number): Promise<void> {
  const { input, tiles, load } = required(NETWORKS, name);
  using network = await load(gpu);
  const before = gpu.stats.liveBytes;
  const count = sizeOf(input.shape);
  const values = input.dtype === "u32"
    ? Uint32Array.from({ length: count }, (_, i) => i * 2654435761 >>> 0)
    : Float32Array.from({ length: count }, (_, i) => Math.sin(i));
  using plan: Plan<"x", { y: Tensor }> = gpu.plan({
    name,
    inputs: { x: input },
    run: ({ x }) => ({ y: network.forward(x) }),
  });
  const taken = gpu.stats.liveBytes - before;
  await plan.compile();
  using _scope = gpu.scope();
  const square = gpu.tensor([1024, 1024], new Float32Array(1024 ** 2).fill(0.5));
  const [times, rates]: [number[], number[]] = [[], []];
  plan.run({ x: values });
  await gpu.settled();
  for (let round = 0; round < rounds; round++) {
    await warmUp(gpu);
    rates.push(await matmulRate(gpu, square));
    times.push(await secondsOf(gpu, () => void plan.run()));
  }
  const seconds = Math.min(...times);
  const rate = plan.flops / seconds / 1e9;
  const best = Math.max(...rates);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const latency = tiles
    ? ` (${(1000 * seconds / tiles).toFixed(1)} ms for each of ${tiles} tiles)`
    : "";
  print(
    `${name}: ${(1000 * seconds).toFixed(0)} ms${latency}, ${
      (plan.flops / 1e9).toFixed(1)
    } GFLOP, ` +
      `${rate.toFixed(1)} GFLOP/s, ${(100 * rate / best).toFixed(0)} % of the ${
        best.toFixed(1)
      } GFLOP/s of a matrix product`,
  );
  print(
    `  memory beside the weights: ${megabytes(plan.peakBytes)} planned, ${megabytes(taken)} taken`,
  );
}

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" } },
  allowPositionals: true,
});
using gpu = await open();
print(gpu.caps.description);
for (const name of Object.keys(NETWORKS)) {
  if (positionals.every((part) => name.includes(part))) {
    await bench(gpu, name, Number(options.rounds));
  }
}
