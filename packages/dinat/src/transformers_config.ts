/** The `config.json` of transformers, which lies beside weights on the hub. */
import { type Checkpoint, configText } from "@vicinity/checkpoint";
import * as v from "valibot";
import type { ClassifierDescription } from "./describe.ts";

const COUNTS = v.array(v.pipe(v.number(), v.integer(), v.minValue(1)));

const CONFIG = v.object({
  model_type: v.picklist(["dinat", "nat"]),
  embed_dim: v.number(),
  mlp_ratio: v.number(),
  depths: COUNTS,
  num_heads: COUNTS,
  kernel_size: v.number(),
  dilations: v.optional(v.array(COUNTS)),
  layer_scale_init_value: v.optional(v.number(), 0),
  id2label: v.optional(v.record(v.string(), v.string()), {}),
});

/** Rows of the first stage's map for an input of 224 pixels. */
const ROWS_AT_224 = 56;

/**
 * Describes a classifier by the configuration of transformers.
 *
 * @param checkpoint Weights with that configuration as their metadata `config`.
 * @returns The description, or undefined when there is no such configuration.
 */
export function describeTransformers(checkpoint: Checkpoint): ClassifierDescription | undefined {
  const json = v.safeParse(v.pipe(v.string(), v.parseJson(), CONFIG), configText(checkpoint));
  if (!json.success) return undefined;
  const config = json.output;
  const classCount = checkpoint.find("classifier.weight")?.shape[0] ?? 0;
  return {
    backbone: {
      layout: "nat",
      embedDim: config.embed_dim,
      mlpRatio: config.mlp_ratio,
      depths: config.depths,
      heads: config.num_heads,
      kernel: config.kernel_size,
      dilations: config.dilations ?? config.depths.map((depth) => Array<number>(depth).fill(1)),
      layerScale: config.layer_scale_init_value > 0,
    },
    classes: Array.from(
      { length: classCount },
      (_, id) => config.id2label[String(id)] ?? `class ${id}`,
    ),
    input: inputOf(config),
  };
}

/**
 * The configuration does not say the size of the input, but neighbourhoods have to fit into the map:
 * those of the models for 384 pixels are wider than the map of 224.
 */
function inputOf(
  { kernel_size: kernel, dilations }: v.InferOutput<typeof CONFIG>,
): ClassifierDescription["input"] {
  const reach = kernel * Math.max(1, ...dilations?.[0] ?? []);
  return reach > ROWS_AT_224
    ? { imageSize: 384, cropShare: 1 }
    : { imageSize: 224, cropShare: 0.875 };
}
