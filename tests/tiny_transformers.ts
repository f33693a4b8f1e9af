/** A classifier of DiNAT as transformers stores it: a configuration and weights under its names. */
import { type TensorToWrite, writeSafetensors } from "@vicinity/checkpoint";
import { hashWeightsV1 } from "../scripts/golden/dinat/hash_weights.ts";

const CONFIG = {
  model_type: "dinat",
  architectures: ["DinatForImageClassification"],
  embed_dim: 8,
  mlp_ratio: 2,
  depths: [1, 2, 1, 1],
  num_heads: [1, 1, 2, 2],
  kernel_size: 3,
  dilations: [[1], [1, 2], [1], [1]],
  layer_scale_init_value: 0,
  id2label: { 0: "oak", 1: "birch", 2: "willow" },
};

const CLASSES = Object.keys(CONFIG.id2label).length;

type Shapes = readonly (readonly [name: string, shape: readonly number[]])[];

function dense(name: string, out: number, input: number): Shapes {
  return [[`${name}.weight`, [out, input]], [`${name}.bias`, [out]]];
}

function norm(name: string, channels: number): Shapes {
  return [[`${name}.weight`, [channels]], [`${name}.bias`, [channels]]];
}

function layer(name: string, channels: number, heads: number): Shapes {
  const wide = CONFIG.mlp_ratio * channels;
  const reach = 2 * CONFIG.kernel_size - 1;
  return [
    ...norm(`${name}.layernorm_before`, channels),
    [`${name}.attention.self.rpb`, [heads, reach, reach]],
    ...["query", "key", "value"].flatMap((part) =>
      dense(`${name}.attention.self.${part}`, channels, channels)
    ),
    ...dense(`${name}.attention.output.dense`, channels, channels),
    ...norm(`${name}.layernorm_after`, channels),
    ...dense(`${name}.intermediate.dense`, wide, channels),
    ...dense(`${name}.output.dense`, channels, wide),
  ];
}

function level(stage: number, channels: number): Shapes {
  const name = `dinat.encoder.levels.${stage}`;
  const heads = CONFIG.num_heads[stage] ?? 1;
  const layers = Array.from(
    { length: CONFIG.depths[stage] ?? 0 },
    (_, block) => layer(`${name}.layers.${block}`, channels, heads),
  );
  const isLast = stage === CONFIG.depths.length - 1;
  return [
    ...layers.flat(),
    ...isLast ? [] : [
      [`${name}.downsample.reduction.weight`, [2 * channels, channels, 3, 3]] as const,
      ...norm(`${name}.downsample.norm`, 2 * channels),
    ],
  ];
}

function shapes(): Shapes {
  const { embed_dim: first, depths } = CONFIG;
  const stem = "dinat.embeddings.patch_embeddings.projection";
  const last = first * 2 ** (depths.length - 1);
  return [
    [`${stem}.0.weight`, [first / 2, 3, 3, 3]],
    [`${stem}.0.bias`, [first / 2]],
    [`${stem}.1.weight`, [first, first / 2, 3, 3]],
    [`${stem}.1.bias`, [first]],
    ...norm("dinat.embeddings.norm", first),
    ...depths.flatMap((_, stage) => level(stage, first * 2 ** stage)),
    ...norm("dinat.layernorm", last),
    ...dense("classifier", CLASSES, last),
  ];
}

/**
 * The files of a model on a hub.
 *
 * @returns By their names; the weights do not describe themselves, the configuration does.
 */
export async function tinyTransformersFiles() {
  const formula = hashWeightsV1();
  const tensors: TensorToWrite[] = [];
  for (const [name, shape] of shapes()) {
    const values = await formula.find(name, shape)?.float32();
    if (values !== undefined) tensors.push({ name, dtype: "F32", shape, values });
  }
  return {
    "model.safetensors": writeSafetensors(tensors, { format: "pt" }),
    "config.json": new TextEncoder().encode(JSON.stringify(CONFIG)),
  };
}
