/** `TransFusionHead` of the DSVT repository: proposals that look at the map around them. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { gatherRows, linear, permute, pointwise, reshape, type Tensor } from "@vicinity/tensor";
import { ConfigError, FoldedConv, type ScoredBox3d } from "@vicinity/vision";
import { type BestPlaces, bestPlaces } from "./best_places.ts";
import type { DsvtConfig } from "./config.ts";
import { gridOf } from "./grid.ts";
import type { DecodeOptions, DetectionHead, HeadOutputs } from "./head.ts";
import type { BranchConfig, TransFusionHeadConfig } from "./head_config.ts";
import { localKeys, localPeaks } from "./ops/local_places.ts";
import { ProposalDecoder } from "./proposal_decoder.ts";
import { decodeProposals, SMALL_CLASSES } from "./transfusion_decode.ts";

/** Taps of all convolutions along each axis. */
const TAPS = 3;

/** Channels between the layers of each branch. Source: `transfusion_head.py`. */
const BRANCH_CHANNELS = 64;

/** What the head knows of its detector. */
export interface TransFusionHeadFrame extends Pick<DsvtConfig, "classes" | "range" | "voxelSize"> {
  /** The head itself. */
  readonly head: TransFusionHeadConfig;
}

/** Everything on the way to the boxes. The map's first axis is x here, as in the official code. */
export interface Proposals extends BestPlaces {
  /** `[1, x, y, channels]`: the map. */
  readonly features: Tensor;
  /** `[1, x, y, classes]`: logits before those that are no maxima are left out. */
  readonly heatmap: Tensor;
  /** `[n, channels]`: proposals before they look around. */
  readonly queries: Tensor;
  /** `[n, 2]`: their places in cells, x and y. */
  readonly positions: Tensor;
  /** u32 `[n, keys]`: the cells that they see. */
  readonly keys: Tensor;
  /** `[n, channels]`: proposals that have looked around. */
  readonly decoded: Tensor;
  /** `[n, channels]` each: what the branches say, by their official names. */
  readonly branches: Readonly<Record<string, Tensor>>;
}

/** The head. */
export class TransFusionHead implements DetectionHead {
  readonly #frame: TransFusionHeadFrame;
  readonly #sharedConv: FoldedConv;
  readonly #heatmapHead: readonly [FoldedConv, FoldedConv];
  readonly #classEncoding: Parameter<Tensor>;
  readonly #cellPositions: Parameter<Tensor>;
  readonly #decoder: ProposalDecoder;
  readonly #predictionHead: ReadonlyMap<string, readonly FoldedConv[]>;

  /**
   * Declares the modules.
   *
   * @param parameters Collects the weights.
   * @param store Module `dense_head`.
   * @param inputs Channels of each slice of the map.
   * @param frame The head, and what it knows of its detector.
   * @throws {ConfigError} If the map is not square.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    inputs: readonly number[],
    frame: TransFusionHeadFrame,
  ) {
    const { head } = frame;
    const { hiddenChannels: channels, classes, proposals } = head;
    const joined = inputs.reduce((sum, count) => sum + count, 0);
    const heatmap = store.at("heatmap_head");
    const hidden = heatmap.at(0);
    this.#frame = frame;
    // The official map lies on its side, x down; here the taps do.
    this.#sharedConv = new FoldedConv(parameters, store.at("shared_conv"), undefined, {
      shape: [channels, joined, TAPS, TAPS],
      inputs,
      swapTaps: true,
    });
    this.#heatmapHead = [
      new FoldedConv(parameters, hidden.at("conv"), hidden.at("bn"), {
        shape: [channels, channels, TAPS, TAPS],
        biased: true,
      }),
      new FoldedConv(parameters, heatmap.at(1), undefined, {
        shape: [classes, channels, TAPS, TAPS],
      }),
    ];
    this.#classEncoding = classEncoding(parameters, store.at("class_encoding"), channels, classes);
    this.#cellPositions = cellPositions(parameters, store, frame);
    this.#decoder = new ProposalDecoder(parameters, store.at("decoder"), {
      ...{ channels, proposals, heads: head.heads, feedForward: head.feedForward },
      activation: head.activation ?? "relu",
    });
    const branches = [
      ...head.branches,
      { name: "heatmap", channels: classes, convs: head.heatmapConvs },
    ];
    this.#predictionHead = new Map(branches.map((branch) => [
      branch.name,
      pointBranch(parameters, store.at("prediction_head").at(branch.name), channels, branch),
    ]));
  }

  /**
   * Proposes boxes.
   *
   * @param maps `[1, y, x, channels]` each; several where the map is kept in slices of channels.
   * @returns Everything on the way.
   */
  propose(maps: readonly Tensor[]): Proposals {
    const { head } = this.#frame;
    const features = permute(this.#sharedConv.forward(maps, { padding: 1 }), [0, 2, 1, 3]);
    const [, side = 0, , channels = 0] = features.shape;
    const [hidden, last] = this.#heatmapHead;
    const heatmap = last.forward(
      [hidden.forward([features], { padding: 1, activation: "relu" })],
      { padding: 1 },
    );
    const free = SMALL_CLASSES[head.dataset];
    const best = bestPlaces(localPeaks(heatmap, { kernel: head.nmsKernel, free }), head.proposals);
    const cells = reshape(features, [side * side, channels]);
    const queries = pointwise("a + b", {
      a: gatherRows(cells, best.places),
      b: gatherRows(this.#classEncoding.value, best.classIds),
    });
    const cellPositions = this.#cellPositions.value;
    const positions = gatherRows(cellPositions, best.places);
    const keys = localKeys(best.places, side, head.queryRadius);
    const decoded = this.#decoder.forward({ queries, positions, cells, cellPositions, keys });
    const branches = Object.fromEntries(
      Array.from(this.#predictionHead, ([name, layers]) => [name, throughLayers(decoded, layers)]),
    );
    return { ...best, features, heatmap, queries, positions, keys, decoded, branches };
  }

  /** See {@link DetectionHead.forward}. */
  forward(maps: readonly Tensor[]): Record<string, Tensor> {
    const { logits, classIds, places, branches } = this.propose(maps);
    return { logits, classIds, places, ...branches };
  }

  /** See {@link DetectionHead.decode}; in order of the proposals, not of the scores. */
  decode(outputs: HeadOutputs, options: DecodeOptions): ScoredBox3d[] {
    return decodeProposals(outputs, { ...this.#frame, ...options });
  }
}

/** Layers of one tap with norm and ReLU, and one with neither. */
function pointBranch(
  parameters: Parameters,
  store: WeightStore,
  input: number,
  { channels, convs }: BranchConfig,
): FoldedConv[] {
  return Array.from({ length: convs }, (_, index) => {
    const layer = store.at(index);
    const from = index === 0 ? input : BRANCH_CHANNELS;
    return index === convs - 1
      ? new FoldedConv(parameters, layer, undefined, { shape: [channels, from, 1] })
      : new FoldedConv(parameters, layer.at(0), layer.at(1), {
        shape: [BRANCH_CHANNELS, from, 1],
        biased: true,
      });
  });
}

function throughLayers(x: Tensor, layers: readonly FoldedConv[]): Tensor {
  return layers.reduce(
    (x, { weight, bias }, index) =>
      linear(x, weight, { bias, activation: index < layers.length - 1 ? "relu" : "none" }),
    x,
  );
}

/** What is added to a proposal of each class: `[classes, channels]`. */
function classEncoding(
  parameters: Parameters,
  store: WeightStore,
  channels: number,
  classes: number,
): Parameter<Tensor> {
  const weight = store.get("weight", [channels, classes, 1]);
  const bias = store.get("bias", [channels]);
  return parameters.derived(weight.key, async () => {
    const [columns, offsets] = [await weight.float32(), await bias.float32()];
    const rows = Float32Array.from({ length: classes * channels }, (_, at) => {
      const channel = at % channels;
      const own = columns[channel * classes + Math.floor(at / channels)] ?? 0;
      return own + (offsets[channel] ?? 0);
    });
    return parameters.gpu.tensor([classes, channels], rows);
  });
}

/** Middle of each cell, x and y: `[side · side, 2]`, x slowest. */
function cellPositions(
  parameters: Parameters,
  store: WeightStore,
  frame: TransFusionHeadFrame,
): Parameter<Tensor> {
  const [columns, rows] = gridOf(frame).map((cells) => Math.floor(cells / frame.head.stride));
  if (columns === undefined || columns !== rows) {
    throw new ConfigError(
      `Cannot use the configuration: the TransFusion head needs a square map, not ${columns} x ` +
        `${rows} places. Give x and y the same range and voxel size.`,
    );
  }
  return parameters.derived(`${store.path} positions`, () => {
    const middles = Float32Array.from(
      { length: 2 * columns * columns },
      (_, at) => 0.5 + (at % 2 === 0 ? Math.floor(at / 2 / columns) : (at >> 1) % columns),
    );
    return Promise.resolve(parameters.gpu.tensor([columns * columns, 2], middles));
  });
}
