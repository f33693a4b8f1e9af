/** Whole classifiers, with what their stages give. */
import { dirname, join } from "node:path";
import { Parameters, WeightStore } from "@vicinity/checkpoint";
import { type BackboneConfig, Classifier, fromTransformers } from "@vicinity/dinat";
import type { Tensor } from "@vicinity/tensor";
import { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { inputOf } from "./modules.ts";
import { runPublished } from "./published.ts";

/** Logits and intermediate maps. */
export async function* runClassifier(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  if (golden.file.metadata["input_name"] !== undefined) {
    yield* runPublished(golden, tools);
    return;
  }
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const config = configOf(golden);
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new Classifier(parameters, store, config, golden.number("num_classes")),
  );
  const { logits, normed, features } = loaded.network.forward(await inputOf(gpu, golden));
  const stages = config.layout === "nat" ? "levels" : "layers";
  const named: [string, Tensor][] = [
    ["output.y", logits],
    ["mid.norm", normed],
    ["mid.patch_embed", features.stem],
    ...features.downsampled.map((tensor, index): [string, Tensor] => [
      config.layout === "isotropic" ? `mid.${stages}` : `mid.${stages}.${index}`,
      tensor,
    ]),
  ];
  const asked = named.filter(([name]) => golden.has(name));
  const read = await gpu.read(asked.map(([, tensor]) => tensor));
  for (const [index, [name]] of asked.entries()) yield { name, values: read[index] ?? [] };
}

/** The weights of another case under the names of transformers, compared with its outputs. */
export async function* runHubClassifier(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const sibling = /the weights of (\w+)/.exec(golden.text("note"))?.[1] ?? "";
  using other = await GoldenCase.open(join(dirname(golden.path), `${sibling}.safetensors`));
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const parameters = new Parameters(gpu);
  using _weights = { [Symbol.dispose]: () => parameters.dispose() };
  const store = WeightStore.over(fromTransformers(golden.file));
  const network = new Classifier(
    parameters,
    store,
    configOf(other),
    other.number("num_classes"),
  );
  store.finish();
  await parameters.load();
  const [values = []] = await gpu.read([network.forward(await inputOf(gpu, other)).logits]);
  yield { name: "output.y", values, expected: await other.tensor("output.y") };
}

function configOf(golden: GoldenCase): BackboneConfig {
  const common = { embedDim: golden.number("embed_dim"), mlpRatio: golden.number("mlp_ratio") };
  if (golden.file.metadata["img_size"] !== undefined) {
    const kernel = golden.json("kernel_size");
    return {
      layout: "isotropic",
      ...common,
      depth: golden.number("depth"),
      heads: golden.number("num_heads"),
      patch: golden.number("patch_size"),
      imageSize: golden.number("img_size"),
      ...(kernel === null
        ? {}
        : { neighbours: { kernel: Number(kernel), dilation: golden.number("dilation") } }),
    };
  }
  const depths = golden.extents("depths");
  return {
    layout: golden.text("model") === "DiNAT_s" ? "dinat_s" : "nat",
    ...common,
    depths,
    heads: golden.extents("num_heads"),
    kernel: golden.number("kernel_size"),
    dilations: golden.file.metadata["dilations"] === undefined
      ? depths.map((depth) => Array<number>(depth).fill(1))
      : golden.json("dilations") as number[][],
    layerScale: golden.has("weight.levels.0.blocks.0.gamma1"),
  };
}
