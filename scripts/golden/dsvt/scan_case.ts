/** What golden files say of scans: points, grids, cells. */
import type { PointRows, Xyz } from "@vicinity/dsvt";
import type { GoldenCase, GoldenTensor } from "../golden_case.ts";

/** Rows of scan, x, y, z and features. */
export function pointsOf({ shape, values }: GoldenTensor): PointRows {
  const [count = 0, columns = 4] = shape;
  const width = columns - 4;
  const rows = {
    scans: new Uint32Array(count),
    positions: new Float32Array(3 * count),
    features: new Float32Array(width * count),
  };
  for (let row = 0; row < count; row++) {
    rows.scans[row] = values[row * columns] ?? 0;
    rows.positions.set(values.subarray(row * columns + 1, row * columns + 4), 3 * row);
    rows.features.set(values.subarray(row * columns + 4, (row + 1) * columns), width * row);
  }
  return rows;
}

/** Range and voxels of a case. */
export function gridIn(golden: GoldenCase) {
  const range = golden.json("point_cloud_range") as number[];
  const corner = (first: number) => range.slice(first, first + 3) as unknown as Xyz;
  return {
    range: { min: corner(0), max: corner(3) },
    voxelSize: golden.json("voxel_size") as Xyz,
  };
}

/** Rows of scan, z, y, x. */
export async function coordsOf(
  golden: GoldenCase,
  name: string,
): Promise<Int32Array<ArrayBuffer>> {
  return Int32Array.from((await golden.tensor(name)).values);
}
