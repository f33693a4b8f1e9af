/** Whole classifiers, tiny ones and published ones. */
import { BACKBONES, FavitClassifier, type FavitConfig, type StageOutput } from "@vicinity/favit";
import type { Gpu, Tensor } from "@vicinity/tensor";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import { channelsLast, samplesOf } from "../layout.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { weightsOf } from "../weights.ts";
import { hash32Picture } from "./hash32.ts";
import { type Named, shown, shownValues, slicedTo } from "./shown.ts";

/** A backbone as files describe it. */
export interface StoredBackbone {
  readonly embed_dims: number[];
  readonly num_heads: number[];
  readonly mlp_ratios: number[];
  readonly depths: number[];
  readonly sr_ratios: number[];
}

/** Translates a description. */
export function backboneOf(stored: StoredBackbone): FavitConfig {
  return {
    embedDims: stored.embed_dims,
    heads: stored.num_heads,
    mlpRatios: stored.mlp_ratios,
    depths: stored.depths,
    srRatios: stored.sr_ratios,
  };
}

/** A published configuration as files name it. */
export interface StoredReal {
  readonly variant: string;
  readonly height: number;
  readonly width: number;
  readonly num_classes: number;
}

/** The backbone of a published configuration. */
export function publishedBackbone(golden: GoldenCase, { variant }: StoredReal): FavitConfig {
  const name = variant.replace("_", "-");
  const found = Object.entries(BACKBONES).find(([known]) => known === name)?.[1];
  if (found) return found;
  throw new GoldenError(`Cannot run ${golden.path}: the variant ${variant} is unknown.`);
}

/** Pictures `[batch, channels, height, width]` of a file, channels last. */
export async function picturesOf(gpu: Gpu, golden: GoldenCase, name: string): Promise<Tensor> {
  const stored = await golden.tensor(name);
  const samples = samplesOf(stored, 3).map(channelsLast);
  const [batch = 1, channels = 3, height = 0, width = 0] = stored.shape;
  const values = Float32Array.from(samples.flatMap(({ values }) => [...values]));
  return gpu.tensor([batch, height, width, channels], values);
}

/** The picture of the formula, channels last. */
export function hashedPicture(gpu: Gpu, golden: GoldenCase, { height, width }: StoredReal): Tensor {
  const values = Float64Array.from(hash32Picture(golden, [1, 3, height, width]));
  const { shape, values: pixels } = channelsLast({ shape: [3, height, width], values });
  return gpu.tensor([1, ...shape], Float32Array.from(pixels));
}

/** Maps of the stages as a file names them. */
function stagesOf(stages: readonly StageOutput[], start: string): Named[] {
  return stages.flatMap(({ embedded, normed }, index) => [
    { name: `${start}patch_embed${index + 1}`, tensor: embedded },
    { name: `${start}stage${index + 1}`, tensor: normed },
  ]);
}

/** Pictures of several sizes through one network. */
export async function* runClassifier(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const stored = golden.json("config") as StoredBackbone & { readonly num_classes: number };
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new FavitClassifier(parameters, store, backboneOf(stored), stored.num_classes),
  );
  for (const input of golden.names("input.image")) {
    using _scope = gpu.scope();
    const number = input.slice("input.image".length);
    const { logits, stages } = loaded.network.forward(await picturesOf(gpu, golden, input));
    yield* shown(gpu, golden, [
      { name: `output.logits${number}`, tensor: logits },
      ...stagesOf(stages, `mid.${number}.`),
    ]);
  }
}

/** A published classifier with weights and picture from the formula. */
export async function* runPublished(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const stored = golden.json("config") as StoredReal;
  yield* formulaOf(golden, stored);
  const backbone = publishedBackbone(golden, stored);
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new FavitClassifier(parameters, store, backbone, stored.num_classes),
  );
  const { logits, stages } = loaded.network.forward(hashedPicture(gpu, golden, stored));
  yield* shown(gpu, golden, [
    { name: "output.logits", tensor: logits },
    ...stagesOf(stages, "mid."),
  ]);
}

/** Values of some weights, and of the picture. */
async function* formulaOf(
  golden: GoldenCase,
  { height, width, num_classes }: StoredReal,
): AsyncGenerator<Produced> {
  const picture = hash32Picture(golden, [1, 3, height, width]);
  yield* shownValues(golden, "input.image", picture);
  using weights = await weightsOf(golden);
  const shapes: Readonly<Record<string, readonly number[]>> = {
    "patch_embed1.proj.weight": [32, 3, 7, 7],
    "block3.1.attn.fcs.1.weight": [14, 14],
    "norm4.weight": [256],
    "head.bias": [num_classes],
  };
  for (const [key, shape] of Object.entries(shapes)) {
    const name = `check.${key}`;
    const values = await weights.source.find(key, shape)?.float32();
    if (golden.has(name)) yield { name, values: slicedTo(golden, name, values ?? []) };
  }
}
