import {
  loadNetwork,
  type TensorToWrite,
  type WeightSource,
  writeSafetensors,
} from "@vicinity/checkpoint";
import { Dsvt, officialConfig } from "@vicinity/dsvt";
import { Classifier, type StagedConfig, TwoStageDinat, UperNetDinat } from "@vicinity/dinat";
import { parseConfig, SimpleGvr } from "@vicinity/simplegvr";
import { open } from "@vicinity/tensor";
import { hashWeights } from "../packages/simplegvr/src/testing/hash_weights.ts";
import { hashWeightsV1 } from "../scripts/golden/dinat/hash_weights.ts";
import { TINY_DSVT, TINY_DSVT_OF_SWEEPS } from "./tiny_dsvt.ts";

/** Networks with every part of the shipped ones, in a few thousand numbers. */
const UPSCALE = {
  vae: {
    dim: 8,
    dim_mult: [1, 2],
    num_res_blocks: 1,
    temporal: [false],
    z_dim: 4,
    patch: 2,
    cond: true,
    mid_attn: false,
    residual: true,
    res_scale: 0.1,
  },
  net: {
    z_dim: 4,
    cond_dim: 8,
    patch_size: [1, 1, 1],
    dim: 16,
    ffn_dim: 32,
    num_heads: 2,
    num_layers: 2,
    freq_dim: 16,
    cross_attn: false,
    attention: { type: "sparse_local", window: [4, 4], topk: 1, unit: 5, shift: 2 },
    upsampler: { variant: "res3d", hidden: 8, t_levels: 0 },
  },
};

const BACKBONE: StagedConfig = {
  layout: "nat",
  embedDim: 8,
  mlpRatio: 2,
  depths: [1, 2, 1, 1],
  heads: [1, 1, 2, 2],
  kernel: 3,
  dilations: [[1], [1, 2], [1], [1]],
  layerScale: false,
};

const SEGMENT = {
  network: { backbone: BACKBONE, channels: 8, classes: 3, poolScales: [1, 2] },
  classes: [
    { name: "rest", color: [90, 90, 90] },
    { name: "sky", color: [70, 140, 220] },
    { name: "animal", color: [230, 120, 40] },
  ],
  input: { longest: 256, shortest: 64 },
};

const CLASSIFY = {
  backbone: BACKBONE,
  classes: ["bag", "boot", "coat", "shirt", "shoe", "dress"],
  input: { imageSize: 32, cropShare: 1 },
};

const DETECT = {
  network: {
    backbone: BACKBONE,
    detector: {
      classes: 2,
      neck: { channels: 8, levels: 5 },
      rpn: {
        channels: 8,
        anchors: { scales: [8], ratios: [0.5, 1, 2], strides: [4, 8, 16, 32, 64] },
      },
      roi: { strides: [4, 8, 16, 32], finestScale: 56, samplingRatio: 0 },
      cascade: false,
      stages: [{
        roiSize: 7,
        convs: 0,
        convChannels: 8,
        fcs: 2,
        fcChannels: 16,
        stds: [0.1, 0.1, 0.2, 0.2],
      }],
      mask: { roiSize: 14, convs: 1, channels: 8, threshold: 0.5 },
      proposals: { preNms: 50, postNms: 50, iou: 0.7, minSize: 0 },
      detections: { scoreThreshold: 0, iou: 0.5, max: 8 },
    },
  },
  classes: [{ name: "mammal", color: [220, 60, 60] }, { name: "bird", color: [60, 60, 220] }],
  input: { longest: 96, shortest: 64, divisor: 32 },
} as const;

function lidarModel(config: object) {
  return {
    config,
    formula: hashWeightsV1(),
    declare: async (source: WeightSource) => {
      using _loaded = await loadNetwork(
        source,
        (parameters, store) => new Dsvt(parameters, store, officialConfig(config)),
      );
    },
  };
}

/** An upscaler, each of whose weights is multiplied by a factor. */
function upscaler(factorOf: (key: string) => number) {
  return {
    config: UPSCALE,
    formula: hashWeights(factorOf),
    declare: async (source: WeightSource) => {
      using gpu = await open();
      (await SimpleGvr.build(gpu, source, parseConfig(JSON.stringify(UPSCALE)))).dispose();
    },
  };
}

/** The kinds of tiny networks: what declares their weights, from which formula, and what says so. */
const MODELS = {
  upscale: upscaler(() => 1),
  bicubic: upscaler(() => 0),
  steep: upscaler((key) => key === "vae.decoder.head.2.weight" ? 1e7 : 1),
  segment: {
    config: SEGMENT,
    formula: hashWeightsV1(),
    declare: async (source: WeightSource) => {
      using _loaded = await loadNetwork(
        source,
        (parameters, store) => new UperNetDinat(parameters, store, SEGMENT.network),
      );
    },
  },
  detect: {
    config: DETECT,
    formula: hashWeightsV1(),
    declare: async (source: WeightSource) => {
      using _loaded = await loadNetwork(
        source,
        (parameters, store) => new TwoStageDinat(parameters, store, DETECT.network),
      );
    },
  },
  scan: lidarModel(TINY_DSVT),
  sweeps: lidarModel(TINY_DSVT_OF_SWEEPS),
  classify: {
    config: CLASSIFY,
    formula: hashWeightsV1(),
    declare: async (source: WeightSource) => {
      using _loaded = await loadNetwork(
        source,
        (parameters, store) => new Classifier(parameters, store, BACKBONE, CLASSIFY.classes.length),
      );
    },
  },
};

/**
 * A command whose network is wanted; `scan` and `sweeps` are those of `detect` for scans, `bicubic` is an
 * upscaler that adds nothing to the bicubic enlargement, `steep` one with weights beyond 16 bits.
 */
export type TinyModel = keyof typeof MODELS;

/**
 * Makes a model file with weights from a formula, so that commands can be tried without a trained one.
 *
 * It happens in a process of its own: of test processes that had both opened a software GPU and run
 * encoders, one in four died of a corrupted heap on the way out.
 *
 * @param kind For which command.
 * @param path Where to put it.
 */
export async function writeTinyModel(kind: TinyModel, path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      `--allow-write=${path}`,
      import.meta.filename ?? "",
      kind,
      path,
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot write ${path}: ${new TextDecoder().decode(stderr)}`);
}

async function writeFile(kind: TinyModel, path: string): Promise<void> {
  const { config, formula, declare } = MODELS[kind];
  const asked = new Map<string, readonly number[]>();
  await declare({
    ...formula,
    find: (key, shape = []) => {
      asked.set(key, shape);
      return formula.find(key, shape);
    },
  });
  const tensors: TensorToWrite[] = [];
  for (const [name, shape] of asked) {
    const values = await formula.find(name, shape)?.float32();
    if (values !== undefined) tensors.push({ name, dtype: "F32", shape, values });
  }
  await Deno.writeFile(path, writeSafetensors(tensors, { config: JSON.stringify(config) }));
}

if (import.meta.main) {
  const [kind = "", path] = Deno.args;
  if (path !== undefined && Object.hasOwn(MODELS, kind)) await writeFile(kind as TinyModel, path);
}
