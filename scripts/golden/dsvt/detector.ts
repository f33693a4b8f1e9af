/** Small detectors, from points to boxes. */
import {
  CenterHead,
  type Dsvt,
  gridOf,
  type PointRows,
  TransFusionHead,
  type VoxelisedScan,
} from "@vicinity/dsvt";
import { type Gpu, NO_ROW, type Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, joined } from "../layout.ts";
import type { Produced, Tools } from "../runner.ts";
import { DETECTOR } from "../tolerance.ts";
import {
  loadDetector,
  type LoadedPlans,
  loadPlans,
  scanOf,
  storedConfig,
} from "./detector_case.ts";
import { comparedDetections } from "./detections.ts";
import { pointsOf } from "./scan_case.ts";
import { proposalTensors } from "./transfusion_head.ts";

/** Boxes through the public class, and what lies between points and boxes. */
export async function* runDetector(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const config = storedConfig(golden);
  const scans = scansOf(pointsOf(await golden.tensor("input.points")));
  {
    using detector = await loadDetector(gpu, golden, config);
    for (const [sample, rows] of scans.entries()) {
      yield* comparedDetections(golden, await detector.run(scanOf(rows, config)), {
        boxes: `output.pred_boxes.${sample}`,
        scores: `output.pred_scores.${sample}`,
        labels: `output.pred_labels.${sample}`,
      }, DETECTOR);
    }
  }
  using loaded = await loadPlans(gpu, golden, config);
  const found: ReadonlyMap<string, ArrayLike<number>>[] = [];
  for (const [sample, rows] of scans.entries()) {
    using _scope = gpu.scope();
    const [nx, ny] = gridOf(config);
    found.push(await between(gpu, golden, loaded, { rows, sample, nx, ny }));
  }
  for (const name of golden.names("mid.")) {
    yield { name, values: joined(found.map((values) => values.get(name) ?? [])) };
  }
}

/** The points of each scan. */
function scansOf({ positions, features, scans = new Uint32Array(0) }: PointRows): PointRows[] {
  const width = 3 * features.length / positions.length;
  const count = scans.reduce((most, scan) => Math.max(most, scan + 1), 0);
  return Array.from({ length: count }, (_, scan) => {
    const own = [...scans.keys()].filter((point) => scans[point] === scan);
    const pick = (values: Float32Array, size: number) =>
      Float32Array.from(own.flatMap((at) => [...values.subarray(at * size, (at + 1) * size)]));
    return { positions: pick(positions, 3), features: pick(features, width) };
  });
}

interface Sample {
  readonly rows: PointRows;
  readonly sample: number;
  readonly nx: number;
  readonly ny: number;
}

/** Cells, their features, and what the head says everywhere, by the names of the file. */
async function between(
  gpu: Gpu,
  golden: GoldenCase,
  { network, plans }: LoadedPlans,
  { rows, sample, nx, ny }: Sample,
): Promise<Map<string, ArrayLike<number>>> {
  const scan = plans.voxelise(rows);
  const transformer = plans.encode(scan);
  const [features = []] = await gpu.read([transformer.x]);
  const voxels = transformer.run();
  const [transformed = []] = await gpu.read([voxels]);
  const last = scan.stages.at(-1)?.coords ?? new Int32Array(0);
  const numbered = (coords: Int32Array) => coords.map((value, at) => at % 4 === 0 ? sample : value);
  const width = voxels.shape[1] ?? 0;
  const pixels = gpu.tensor([1, ny, nx], pixelsOf(last, [nx, ny]));
  return new Map<string, ArrayLike<number>>([
    ["mid.voxel_coords", numbered(scan.voxels.coords)],
    ["mid.backbone_3d_coords", numbered(last)],
    [
      "mid.vfe_features",
      features.slice(0, scan.voxels.count * (transformer.x.shape[1] ?? 0)),
    ],
    ["mid.backbone_3d_features", transformed.slice(0, last.length / 4 * width)],
    ...await headMaps(gpu, golden, network, network.backbone2d.forward(voxels, pixels).slices),
  ]);
}

/** The voxel of each place of the map. */
export function pixelsOf(
  coords: VoxelisedScan["voxels"]["coords"],
  [nx, ny]: readonly [number, number],
): Uint32Array {
  const pixels = new Uint32Array(nx * ny).fill(NO_ROW);
  for (let row = 0; row < coords.length / 4; row++) {
    pixels[(coords[4 * row + 2] ?? 0) * nx + (coords[4 * row + 3] ?? 0)] = row;
  }
  return pixels;
}

async function headMaps(
  gpu: Gpu,
  golden: GoldenCase,
  { denseHead }: Dsvt,
  slices: readonly Tensor[],
): Promise<[string, ArrayLike<number>][]> {
  if (denseHead instanceof TransFusionHead) {
    const labels = (await golden.tensor("mid.query_labels")).values;
    const positions = (await golden.tensor("mid.query_pos")).values;
    return [...await proposalTensors(gpu, denseHead.propose(slices), { labels, positions })];
  }
  if (!(denseHead instanceof CenterHead)) return [];
  const maps = denseHead.maps(slices).flatMap((group, index) =>
    Object.entries(group).map(([name, map]) => [`mid.head${index}.${name}`, map] as const)
  );
  const read = await gpu.read(maps.map(([, map]) => map));
  return maps.map(([name, { shape }], at) => [
    name,
    channelsFirst(read[at] ?? [], shape[3] ?? 1),
  ]);
}
