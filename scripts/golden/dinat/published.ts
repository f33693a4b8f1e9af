/** Published classifiers with weights from a formula: logits, and slices of what the stages give. */
import { Classifier, VARIANTS } from "@vicinity/dinat";
import { type Gpu, sizeOf, type Tensor } from "@vicinity/tensor";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import { hashInput } from "./hash_weights.ts";
import type { Produced, Tools } from "../runner.ts";

const NAME = /^(\w+)_(mini|tiny|small|base|large)_(224|384)(_11x11)?$/;

/** The variant that a file names in the way of the official configurations. */
function variantOf(golden: GoldenCase) {
  const [, family = "", size = "", pixels, window] = NAME.exec(golden.text("model")) ?? [];
  const name = [
    family.replace("isotropic", "iso"),
    size,
    ...(pixels === "384" ? ["384"] : []),
    ...(window ? ["11x11"] : []),
  ].join("-");
  const variant = VARIANTS[name];
  if (variant) return variant;
  throw new GoldenError(`Cannot run ${golden.path}: the model ${golden.text("model")} is unknown.`);
}

/** Logits and intermediate maps. */
export async function* runPublished(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const { backbone } = variantOf(golden);
  const classes = golden.file.entry("output.logits").shape.at(-1) ?? 0;
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new Classifier(parameters, store, backbone, classes),
  );
  const { logits, normed, features } = loaded.network.forward(inputOf(gpu, golden));
  const stages = backbone.layout === "nat" ? "levels" : "layers";
  const named: [string, Tensor][] = [
    ["mid.patch_embed.slice", features.stem],
    ["mid.norm.slice", normed],
    ...(backbone.layout === "isotropic" ? [] : features.downsampled.map(
      (tensor, index): [string, Tensor] => [`mid.${stages}.${index}.slice`, tensor],
    )),
  ];
  const asked = named.filter(([name]) => golden.has(name));
  const [values = [], ...maps] = await gpu.read([logits, ...asked.map(([, tensor]) => tensor)]);
  yield { name: "output.logits", values };
  for (const [index, [name, { shape }]] of asked.entries()) {
    yield { name, values: sliceOf(maps[index] ?? [], shape) };
  }
}

/** Values of the formula that also makes the weights, for `input_name`, channels first. */
function inputOf(gpu: Gpu, golden: GoldenCase): Tensor {
  const [batch = 1, channels = 1, height = 1, width = 1] = golden.extents("input_shape");
  const values = hashInput(golden.text("input_name"), batch * channels * height * width);
  const area = height * width;
  const pixels = Float32Array.from({ length: values.length }, (_, index) => {
    const [channel, place] = [index % channels, Math.floor(index / channels)];
    const [pixel, picture] = [place % area, Math.floor(place / area)];
    return values[(picture * channels + channel) * area + pixel] ?? NaN;
  });
  return gpu.tensor([batch, height, width, channels], pixels);
}

/** `[0, ::max(1, H // 4), ::max(1, W // 4), :8]` of a map. */
function sliceOf(values: ArrayLike<number>, shape: readonly number[]): number[] {
  const [, height = 1, width = 1, channels = sizeOf(shape)] = shape;
  const steps = [height, width].map((extent) => Math.max(1, Math.floor(extent / 4)));
  const [stepY = 1, stepX = 1] = steps;
  const slice: number[] = [];
  for (let y = 0; y < height; y += stepY) {
    for (let x = 0; x < width; x += stepX) {
      for (let c = 0; c < Math.min(8, channels); c++) {
        slice.push(values[(y * width + x) * channels + c] ?? NaN);
      }
    }
  }
  return slice;
}
