/** Published detectors with weights from a formula, on a real scan. */
import {
  CenterHead,
  CONFIGURATIONS,
  type DsvtConfig,
  gridOf,
  type PointRows,
  TransFusionHead,
} from "@vicinity/dsvt";
import { gatherRows, type Gpu, reshape, sizeOf, type Tensor } from "@vicinity/tensor";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst } from "../layout.ts";
import type { Produced, Tools } from "../runner.ts";
import { DETECTOR } from "../tolerance.ts";
import { pixelsOf } from "./detector.ts";
import { loadDetector, loadPlans, scanOf } from "./detector_case.ts";
import { comparedDetections } from "./detections.ts";
import { countsOf, fullScan } from "./full_scan.ts";

/** Published detectors by the files that configure them. */
const FILES: ReadonlyMap<string, string> = new Map([
  ["dsvt_plain_1f_onestage.yaml", "dsvt-waymo-pillar"],
  ["dsvt_plain_D512e.yaml", "dsvt-waymo-pillar"],
  ["dsvt_3D_1f_onestage.yaml", "dsvt-waymo-voxel"],
  ["dsvt_3D_D512e.yaml", "dsvt-waymo-voxel"],
  ["dsvt_plain_1f_onestage_nusences.yaml", "dsvt-nuscenes-pillar"],
]);

function configOf(golden: GoldenCase): DsvtConfig {
  const path = golden.text("official_config");
  const config = CONFIGURATIONS[FILES.get(path.split("/").at(-1) ?? "") ?? ""];
  if (config) return config;
  throw new GoldenError(`Cannot run ${golden.path}: the configuration ${path} is unknown.`);
}

/** Counts of cells and sets, boxes through the public class, and samples of what lies between. */
export async function* runDetectorFull(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const config = configOf(golden);
  const rows = await fullScan(golden, config);
  {
    using detector = await loadDetector(gpu, golden, config);
    const boxes = await detector.run(scanOf(rows, config));
    yield* comparedDetections(golden, boxes, {
      boxes: "output.pred_boxes",
      scores: "output.pred_scores",
      labels: "output.pred_labels",
    }, DETECTOR);
  }
  yield* between(gpu, golden, config, rows);
}

async function* between(
  gpu: Gpu,
  golden: GoldenCase,
  config: DsvtConfig,
  rows: PointRows,
): AsyncGenerator<Produced> {
  using _scope = gpu.scope();
  using loaded = await loadPlans(gpu, golden, config);
  const scan = loaded.plans.voxelise(rows);
  yield* countsOf(golden, scan, config);
  const last = scan.stages.at(-1)?.coords ?? new Int32Array(0);
  const cells = (await golden.tensor("mid.row_index_vfe")).values;
  const places = (await golden.tensor("mid.row_index_backbone3d")).values;
  yield { name: "mid.voxel_coords_rows", values: coordsOf(scan.voxels.coords, cells) };
  yield { name: "mid.backbone3d_coords_rows", values: coordsOf(last, places) };
  const transformer = loaded.plans.encode(scan);
  const pick = (x: Tensor, numbers: ArrayLike<number>) =>
    gatherRows(x, gpu.tensor([numbers.length], Uint32Array.from(numbers)));
  const [encoded = []] = await gpu.read([pick(transformer.x, cells)]);
  yield { name: "mid.vfe_rows", values: encoded };
  const voxels = transformer.run();
  const [transformed = []] = await gpu.read([pick(voxels, places)]);
  yield { name: "mid.backbone3d_rows", values: transformed };
  yield* ofMap(gpu, golden, { config, network: loaded.network, voxels, last });
}

function coordsOf(coords: Int32Array, rows: ArrayLike<number>): number[] {
  return Array.from(rows).flatMap((row) => [...coords.subarray(4 * row, 4 * row + 4)]);
}

/** First place and step along an axis. */
type Axis = readonly [first: number, step: number];

/** Places along both axes of what files hold of a map. */
const SAMPLES = {
  map: [[5, 37], [3, 41]],
  heatmap: [[2, 11], [3, 13]],
} as const satisfies Record<string, readonly [Axis, Axis]>;
/** Step along the channels of the joined map. */
const CHANNEL_STEP = 16;

function along([first, step]: Axis, extent = 0): number[] {
  return Array.from({ length: Math.ceil((extent - first) / step) }, (_, at) => first + at * step);
}

/** Numbers of the places of a map that a file holds. */
function placesOf(
  [, height, width = 0]: readonly number[],
  [rows, columns]: readonly [Axis, Axis],
) {
  return Uint32Array.from(
    along(rows, height).flatMap((y) => along(columns, width).map((x) => y * width + x)),
  );
}

async function* ofMap(
  gpu: Gpu,
  golden: GoldenCase,
  { config, network, voxels, last }: {
    readonly config: DsvtConfig;
    readonly network: Awaited<ReturnType<typeof loadPlans>>["network"];
    readonly voxels: Tensor;
    readonly last: Int32Array<ArrayBuffer>;
  },
): AsyncGenerator<Produced> {
  const [nx, ny] = gridOf(config);
  const sampled = (map: Tensor, axes: readonly [Axis, Axis]) => {
    const numbers = placesOf(map.shape, axes);
    const [batch = 0, height = 0, width = 0, channels = 0] = map.shape;
    const rows = reshape(map, [batch * height * width, channels]);
    return gatherRows(rows, gpu.tensor([numbers.length], numbers));
  };
  using plan = gpu.plan({
    name: "samples of the map",
    inputs: {
      x: { shape: voxels.shape },
      pixels: { shape: [1, ny, nx], dtype: "u32" },
    },
    run: ({ x, pixels }): Record<string, Tensor> => {
      const { slices } = network.backbone2d.forward(x, pixels);
      const parts = slices.map((map, index): [string, Tensor] => [
        `slice ${index}`,
        sampled(map, SAMPLES.map),
      ]);
      const head = network.denseHead;
      if (head instanceof CenterHead) {
        const maps = head.maps(slices).flatMap((group, index) =>
          Object.entries(group).map(([name, map]): [string, Tensor] => [
            `mid.head${index}.${name}_slice`,
            sampled(map, SAMPLES.map),
          ])
        );
        return Object.fromEntries([...parts, ...maps]);
      }
      if (!(head instanceof TransFusionHead)) return Object.fromEntries(parts);
      const { heatmap, queries, decoded, positions, classIds, branches } = head.propose(slices);
      return {
        ...Object.fromEntries(parts),
        "mid.dense_heatmap_xy_slice": sampled(heatmap, SAMPLES.heatmap),
        ...{ queries, decoded, positions, classIds },
        ...Object.fromEntries(
          Object.entries(branches).map(([name, values]) => [`mid.raw.${name}`, values]),
        ),
      };
    },
  });
  const outputs = plan.run({ x: voxels, pixels: pixelsOf(last, [nx, ny]) });
  const read = await gpu.read(Object.values(outputs));
  const values = new Map(Object.keys(outputs).map((name, at) => [name, read[at] ?? []]));
  yield { name: "mid.spatial_features_2d_slice", values: thinned(values, outputs) };
  for (const [name, { shape }] of Object.entries(outputs)) {
    if (!name.endsWith("_slice")) continue;
    yield { name, values: channelsFirst(values.get(name) ?? [], shape.at(-1) ?? 1) };
  }
  if (values.has("queries")) yield* ofProposals(golden, values);
}

/** Every sixteenth channel of the joined slices, channels first. */
function thinned(
  values: ReadonlyMap<string, ArrayLike<number>>,
  outputs: Readonly<Record<string, Tensor>>,
): number[] {
  return Object.entries(outputs).filter(([name]) => name.startsWith("slice "))
    .flatMap(([name, { shape }]) => {
      const channels = shape.at(-1) ?? 1;
      const planes = channelsFirst(values.get(name) ?? [], channels);
      const area = sizeOf(shape) / channels;
      return Array.from({ length: channels / CHANNEL_STEP }, (_, at) => [
        ...planes.subarray(at * CHANNEL_STEP * area, (at * CHANNEL_STEP + 1) * area),
      ]).flat();
    });
}

/** What is said of proposals, in the order of the file: of one class, the one with the nearest centre. */
async function* ofProposals(
  golden: GoldenCase,
  values: ReadonlyMap<string, ArrayLike<number>>,
): AsyncGenerator<Produced> {
  const labels = (await golden.tensor("mid.query_labels")).values;
  const centres = (await golden.tensor("mid.raw.center")).values;
  const own = values.get("mid.raw.center") ?? [];
  const classIds = values.get("classIds") ?? [];
  const order = Array.from(labels, (label, proposal) => {
    const distance = (row: number) =>
      Math.hypot(
        (own[2 * row] ?? NaN) - (centres[proposal] ?? NaN),
        (own[2 * row + 1] ?? NaN) - (centres[labels.length + proposal] ?? NaN),
      );
    const rows = [...Array.from(classIds).keys()].filter((row) => classIds[row] === label);
    return rows.reduce((best, row) => distance(row) < distance(best) ? row : best, rows[0] ?? -1);
  });
  const ordered = (name: string, count = order.length) => {
    const all = values.get(name) ?? [];
    const width = all.length / classIds.length;
    return order.slice(0, count).flatMap((row) =>
      Array.from({ length: width }, (_, at) => all[row * width + at] ?? NaN)
    );
  };
  yield { name: "mid.query_labels", values: ordered("classIds") };
  yield { name: "mid.query_pos_first16", values: ordered("positions", 16) };
  yield { name: "mid.query_feat_in_first16", values: ordered("queries", 16) };
  yield { name: "mid.decoder_out_first16", values: ordered("decoded", 16) };
  for (const name of golden.names("mid.raw.")) {
    const rows = ordered(name);
    yield { name, values: channelsFirst(rows, rows.length / order.length) };
  }
}
