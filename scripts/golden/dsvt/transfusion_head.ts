/** `TransFusionHead` over a stored map. */
import { ABSENT } from "@vicinity/attention";
import { officialTransFusionHead, type Proposals, TransFusionHead } from "@vicinity/dsvt";
import type { Gpu } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, joined } from "../layout.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { detections, frameOf, inputsOf, mapsOf } from "./head_case.ts";

/** Everything on the way to the proposals, and the boxes. */
export async function* runTransFusionHead(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const head = officialTransFusionHead(golden.json("config"), golden.number("query_radius"));
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new TransFusionHead(parameters, store.at("dense_head"), inputsOf(golden), {
        ...frameOf(golden),
        head,
      }),
  );
  const maps = await mapsOf(gpu, golden);
  const labels = (await golden.tensor("mid.query_labels")).values;
  const positions = (await golden.tensor("mid.query_pos")).values;
  const scans: ReadonlyMap<string, ArrayLike<number>>[] = [];
  for (const [scan, map] of maps.entries()) {
    const [first, last] = [scan * head.proposals, (scan + 1) * head.proposals];
    scans.push(
      await proposalTensors(gpu, loaded.network.propose([map]), {
        labels: labels.slice(first, last),
        positions: positions.slice(2 * first, 2 * last),
      }),
    );
  }
  for (const name of golden.names("mid.")) {
    yield { name, values: joined(scans.map((values) => values.get(name) ?? [])) };
  }
  yield* detections(golden, loaded.network, maps);
}

/** Stored proposals of a scan, whose order is that of the official code. */
export interface StoredProposals {
  readonly labels: Float64Array;
  readonly positions: Float64Array;
}

/** What a scan's proposals are in the file, by name, the proposals in the order of the file. */
export async function proposalTensors(
  gpu: Gpu,
  proposals: Proposals,
  stored: StoredProposals,
): Promise<Map<string, ArrayLike<number>>> {
  const { features, heatmap, queries, decoded, branches } = proposals;
  const names = Object.keys(branches);
  const [map = [], heat = [], before = [], after = [], ...said] = await gpu.read(
    [features, heatmap, queries, decoded, ...Object.values(branches)],
  );
  const [classIds = [], places = [], keys = []] = await gpu.read(
    [proposals.classIds, proposals.positions, proposals.keys],
  );
  const order = orderOf({ classIds, places }, stored);
  const rows = (values: ArrayLike<number>) => {
    const width = values.length / classIds.length;
    return order.flatMap((row) =>
      Array.from({ length: width }, (_, at) => values[row * width + at] ?? NaN)
    );
  };
  const seen = rows(keys);
  const span = seen.length / order.length;
  return new Map<string, ArrayLike<number>>([
    ["mid.shared_conv_xy", channelsFirst(map, features.shape[3] ?? 1)],
    ["mid.dense_heatmap_xy", channelsFirst(heat, heatmap.shape[3] ?? 1)],
    ["mid.query_feat_in", rows(before)],
    ["mid.query_pos", rows(places)],
    ["mid.query_labels", rows(classIds)],
    ["mid.decoder_out", rows(after)],
    [
      "mid.key_padding_mask_sum",
      order.map((_, row) =>
        seen.slice(row * span, (row + 1) * span).filter((key) => key === ABSENT).length
      ),
    ],
    ...names.map((name, index): [string, ArrayLike<number>] => {
      const values = rows(said[index] ?? []);
      return [`mid.raw.${name}`, channelsFirst(values, values.length / order.length)];
    }),
  ]);
}

/** For each stored proposal the number of the one of the same class at the same place. */
function orderOf(
  { classIds, places }: {
    readonly classIds: ArrayLike<number>;
    readonly places: ArrayLike<number>;
  },
  { labels, positions }: StoredProposals,
): number[] {
  const key = (classId: number | undefined, at: ArrayLike<number>, row: number) =>
    [classId, at[2 * row], at[2 * row + 1]].join();
  const numbers = new Map(
    Array.from(classIds, (classId, row) => [key(classId, places, row), row]),
  );
  return Array.from(labels, (label, row) => numbers.get(key(label, positions, row)) ?? -1);
}
