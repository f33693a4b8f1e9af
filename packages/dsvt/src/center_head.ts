/** `CenterHead` of OpenPCDet: a heat map of centres, and boxes at its surest places. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { reshape, type Tensor } from "@vicinity/tensor";
import { FoldedConv, type ScoredBox3d } from "@vicinity/vision";
import { type BestPlaces, bestPlaces } from "./best_places.ts";
import { MapBranch } from "./map_branch.ts";
import { decodeCenters } from "./center_decode.ts";
import type { DsvtConfig } from "./config.ts";
import type { DecodeOptions, DetectionHead, HeadOutputs } from "./head.ts";
import type { CenterHeadConfig } from "./head_config.ts";

/** The published heads add this to the variance of batch norm. */
const USUAL_EPS = 1e-3;

/** Taps of all convolutions along each axis. */
const TAPS = 3;

/** What the head knows of its detector. */
export interface CenterHeadFrame extends Pick<DsvtConfig, "classes" | "range" | "voxelSize"> {
  /** The head itself. */
  readonly head: CenterHeadConfig;
}

/** Branches of a group of classes. */
interface Group {
  readonly heatmap: MapBranch;
  readonly branches: ReadonlyMap<string, MapBranch>;
}

/** The head. Only the heat map is computed everywhere, all else at the places that it points to. */
export class CenterHead implements DetectionHead {
  readonly #frame: CenterHeadFrame;
  readonly #shared: FoldedConv;
  readonly #groups: readonly Group[];

  /**
   * Declares `shared_conv` and `heads_list`.
   *
   * @param parameters Collects the weights.
   * @param store Module `dense_head`.
   * @param inputs Channels of each slice of the map.
   * @param frame The head, and what it knows of its detector.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    inputs: readonly number[],
    frame: CenterHeadFrame,
  ) {
    const head = ofKnownClasses(frame);
    const channels = inputs.reduce((sum, count) => sum + count, 0);
    const conv = { biased: head.biasBeforeNorm, eps: head.normEps ?? USUAL_EPS };
    const shared = store.at("shared_conv");
    this.#frame = { ...frame, head };
    this.#shared = new FoldedConv(parameters, shared.at(0), shared.at(1), {
      shape: [head.sharedChannels, channels, TAPS, TAPS],
      inputs,
      ...conv,
    });
    this.#groups = head.groups.map((classes, group) => {
      const module = store.at("heads_list").at(group);
      const branch = (name: string, out: number, convs: number) =>
        new MapBranch(parameters, module.at(name), {
          channels: head.sharedChannels,
          out,
          convs,
          ...conv,
        });
      return {
        heatmap: branch("hm", classes.length, head.heatmapConvs),
        branches: new Map(
          head.branches.map(({ name, channels, convs }) => [name, branch(name, channels, convs)]),
        ),
      };
    });
  }

  /**
   * All branches at all places, as the official code computes them.
   *
   * @param maps `[1, y, x, channels]` each.
   * @returns For each group of classes the map of each branch by its official name, `hm` with logits.
   */
  maps(maps: readonly Tensor[]): Record<string, Tensor>[] {
    const shared = this.#look(maps);
    return this.#groups.map(({ heatmap, branches }) => ({
      hm: heatmap.everywhere(shared),
      ...Object.fromEntries(
        Array.from(branches, ([name, branch]) => [name, branch.everywhere(shared)]),
      ),
    }));
  }

  /** See {@link DetectionHead.forward}; names are the branch's and the number of the group. */
  forward(maps: readonly Tensor[]): Record<string, Tensor> {
    const shared = this.#look(maps);
    return Object.assign(
      {},
      ...this.#groups.map(({ heatmap, branches }, group) => {
        const best = bestPlaces(heatmap.everywhere(shared), this.#frame.head.maxObjects);
        return named(group, { ...best, ...atPlaces(shared, best, branches) });
      }),
    );
  }

  /** See {@link DetectionHead.decode}; group by group, in each the boxes of a class together. */
  decode(outputs: HeadOutputs, options: DecodeOptions): ScoredBox3d[] {
    return this.#groups.flatMap((_, group) => {
      const suffix = `.${group}`;
      const own = Object.entries(outputs).filter(([name]) => name.endsWith(suffix))
        .map(([name, values]) => [name.slice(0, -suffix.length), values]);
      return decodeCenters(Object.fromEntries(own), { ...this.#frame, ...options, group });
    });
  }

  #look(maps: readonly Tensor[]): Tensor {
    return this.#shared.forward(maps, { padding: 1, activation: "relu" });
  }
}

/** Groups may name classes that the detector does not have. */
function ofKnownClasses({ head, classes }: CenterHeadFrame): CenterHeadConfig {
  return { ...head, groups: head.groups.map((names) => names.filter((n) => classes.includes(n))) };
}

function named(group: number, tensors: Record<string, Tensor>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [`${name}.${group}`, tensor]),
  );
}

/** What the branches say at some places, `[n, channels]` each. */
function atPlaces(
  shared: Tensor,
  { places }: BestPlaces,
  branches: ReadonlyMap<string, MapBranch>,
): Record<string, Tensor> {
  const entries = Array.from(branches, ([name, branch]): [string, Tensor] => {
    const y = branch.at(shared, places);
    return [name, reshape(y, [y.shape[0] ?? 0, y.shape[3] ?? 0])];
  });
  return Object.fromEntries(entries);
}
