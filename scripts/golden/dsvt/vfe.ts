/** `DynamicPillarVFE` and `DynamicPillarVFE_3d`: from points to features of cells. */
import {
  DynamicVfe,
  officialVfe,
  pointBlocks,
  PointEncoder,
  type PointRows,
  pointWidth,
  voxelise,
  type Voxels,
} from "@vicinity/dsvt";
import type { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { gridIn, pointsOf } from "./scan_case.ts";

/** Names of the official modules by those of their configuration. */
const MODULES: ReadonlyMap<string, string> = new Map([
  ["DynamicPillarVFE", "DynPillarVFE"],
  ["DynamicPillarVFE_3d", "DynPillarVFE3D"],
]);

/** Cells, the features of points, and those of cells. */
export async function* runVfe(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const rows = pointsOf(await golden.tensor("input.points"));
  const NAME = MODULES.get(golden.text("module"));
  const config = {
    ...gridIn(golden),
    vfe: officialVfe({ ...golden.json("config") as object, NAME }),
    features: new Array(3 * rows.features.length / rows.positions.length).fill("intensity"),
  };
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new DynamicVfe(parameters, store.at("vfe"), config.vfe, config.features.length),
  );
  const voxels = voxelise(rows, { ...config, cells: config.vfe.cells });
  yield { name: "output.voxel_coords", values: voxels.coords };
  yield* ofPoints(rows, voxels, config);
  const target = gpu.empty([voxels.count, config.vfe.filters.at(-1) ?? 0]);
  using encoder = new PointEncoder(gpu, loaded.network, config);
  encoder.encode(rows, voxels, target);
  const [values = []] = await gpu.read([target]);
  yield { name: "output.voxel_features", values };
}

/** Features and cells of the points that are in cells, in the order of the points. */
function* ofPoints(
  rows: PointRows,
  voxels: Voxels,
  config: Parameters<typeof pointBlocks>[2] & { readonly features: readonly unknown[] },
): Generator<Produced> {
  const kept = voxels.points.toSorted();
  const ranks = new Map(Array.from(kept, (point, rank) => [point, rank]));
  const width = pointWidth(config.vfe, config.features.length);
  const features = new Float64Array(kept.length * width);
  const owners = new Float64Array(kept.length);
  const extents = { rows: rows.positions.length / 3, voxels: voxels.count };
  for (const block of pointBlocks(rows, voxels, config, extents)) {
    const padded = block.features.length / extents.rows;
    for (const [at, point] of voxels.points.entries()) {
      const rank = ranks.get(point) ?? NaN;
      features.set(block.features.subarray(at * padded, at * padded + width), rank * width);
      owners[rank] = block.owners[at] ?? NaN;
    }
  }
  yield { name: "mid.point_features", values: features };
  yield { name: "mid.point_to_voxel", values: owners };
}
