/** Networks that are timed whole, with weights from a formula. */
import { loadNetwork } from "@vicinity/checkpoint";
import { Classifier, SEGMENTERS, UperNetDinat, VARIANTS } from "@vicinity/dinat";
import * as favit from "@vicinity/favit";
import {
  enlargeMasks,
  partition,
  RelayFormer,
  type RelayFormerConfig,
} from "@vicinity/relayformer";
import { concat, type Gpu, type InputSpec, reshape, type Tensor } from "@vicinity/tensor";
import { hashWeightsV1 } from "../golden/dinat/hash_weights.ts";
import { filledWeights } from "../golden/relayformer/fill_rule.ts";

/** A network on the GPU, as a function of a picture. */
export interface Network extends Disposable {
  readonly forward: (x: Tensor) => Tensor;
}

/** A network and what it is given. */
export interface NetworkCase {
  /** Shape and kind of its input. */
  readonly input: InputSpec;
  /** Tiles that it is cut into, where it is. */
  readonly tiles?: number;
  /** How many rounds at most, where one takes long. */
  readonly most?: number;
  readonly load: (gpu: Gpu) => Promise<Network>;
}

/** A square picture, normalised. */
function pixels(side: number): InputSpec {
  return { shape: [1, side, side, 3] };
}

/** RelayFormer on a full canvas, from bytes to the masks of all frames. */
function relayFormer(config: RelayFormerConfig, frames = 1): NetworkCase {
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

/** The networks by their names. */
export const NETWORKS: Readonly<Record<string, NetworkCase>> = {
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
  "relayformer ViT-B 512x512": {
    ...relayFormer({ ...VIT_B, canvas: { size: 512, grid: 2, tile: 272 } }),
    most: 2,
  },
  "relayformer ViT-B 1024x1024": {
    ...relayFormer({ ...VIT_B, canvas: { size: 1024, grid: 2, tile: 528 } }),
    most: 1,
  },
};

function favitClassifier(name: favit.Size): NetworkCase {
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
