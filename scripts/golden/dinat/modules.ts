/** Parts of the networks: attention with its projections, blocks, stems, downsampling. */
import {
  Block,
  ConvDownsampler,
  ConvTokenizer,
  NeighbourhoodAttention,
  PatchEmbed,
  PatchMerging,
} from "@vicinity/dinat";
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import type { Gpu, Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Runner } from "../runner.ts";

/** A part that maps one tensor to another. */
interface Part {
  forward(x: Tensor): Tensor;
}

/** Runs a part on `input.x`; pictures come channels first. */
function runnerOf(
  build: (golden: GoldenCase) => (parameters: Parameters, store: WeightStore) => Part,
): Runner {
  return async function* (golden, tools): AsyncGenerator<Produced> {
    const gpu = await tools.gpu();
    using _scope = gpu.scope();
    using loaded = await loadNetwork(gpu, golden, build(golden));
    const x = await inputOf(gpu, golden);
    const [values = []] = await gpu.read([loaded.network.forward(x)]);
    yield { name: "output.y", values };
  };
}

/** `input.x` with channels last. */
export async function inputOf(gpu: Gpu, golden: GoldenCase): Promise<Tensor> {
  const { shape, values } = await golden.tensor("input.x");
  const [batch = 1, channels = 1, height = 1, width = 1] = shape;
  const planar = shape.length === 4 && channels === 3;
  if (!planar) return gpu.tensor(shape, Float32Array.from(values));
  const pixels = Float32Array.from(
    { length: values.length },
    (_, index) => {
      const [channel, place] = [index % channels, Math.floor(index / channels)];
      const [pixel, picture] = [place % (height * width), Math.floor(place / (height * width))];
      return values[(picture * channels + channel) * height * width + pixel] ?? NaN;
    },
  );
  return gpu.tensor([batch, height, width, channels], pixels);
}

const attentionOf = (axes: number) =>
  runnerOf((golden) => (parameters, store) =>
    new NeighbourhoodAttention(parameters, store, {
      dim: golden.number("dim"),
      heads: golden.number("num_heads"),
      kernel: golden.number("kernel_size"),
      dilation: golden.number("dilation"),
    }, axes)
  );

/** Attention along a line. */
export const runAttention1d: Runner = attentionOf(1);

/** Attention on a map. */
export const runAttention2d: Runner = attentionOf(2);

/** A layer of any of the networks. */
export const runBlock: Runner = runnerOf((golden) => (parameters, store) =>
  new Block(parameters, store, {
    dim: golden.number("dim"),
    heads: golden.number("num_heads"),
    mlpRatio: golden.number("mlp_ratio"),
    attention: golden.file.metadata["input_size"] === undefined
      ? { kernel: golden.number("kernel_size"), dilation: golden.number("dilation") }
      : { side: golden.number("input_size") },
    layerScale: golden.has("weight.gamma1"),
  })
);

/** Channels that a part gives, by the shape of its norm. */
const channelsOf = (golden: GoldenCase) => golden.file.entry("weight.norm.weight").shape[0] ?? 0;

/** Stem of NAT and DiNAT. */
export const runConvTokenizer: Runner = runnerOf((golden) => (parameters, store) =>
  new ConvTokenizer(parameters, store, channelsOf(golden))
);

/** Downsampling of NAT and DiNAT. */
export const runConvDownsampler: Runner = runnerOf((golden) => (parameters, store) =>
  new ConvDownsampler(parameters, store, channelsOf(golden) / 2)
);

/** Stem of DiNAT_s. */
export const runPatchEmbed: Runner = runnerOf((golden) => (parameters, store) =>
  new PatchEmbed(
    parameters,
    store,
    channelsOf(golden),
    golden.file.entry("weight.proj.weight").shape[2] ?? 4,
  )
);

/** Downsampling of DiNAT_s. */
export const runPatchMerging: Runner = runnerOf((golden) => (parameters, store) =>
  new PatchMerging(parameters, store, channelsOf(golden) / 4)
);
