/** Points inside the range of a detector. */
import type { DsvtConfig } from "./config.ts";
import type { PointRows } from "./voxelise.ts";

/**
 * Leaves out points beyond the range; both ends are inside, as in the official code. Points without a
 * finite position are out.
 *
 * @param rows The points.
 * @param config Range, and whether it holds along z.
 * @returns The points inside.
 */
export function insideRange(
  rows: PointRows,
  { range, maskZ }: Pick<DsvtConfig, "range" | "maskZ">,
): PointRows {
  const { positions, features, scans } = rows;
  const [minX, minY, minZ] = range.min.map(Math.fround) as [number, number, number];
  const [maxX, maxY, maxZ] = range.max.map(Math.fround) as [number, number, number];
  const count = positions.length / 3;
  const width = count === 0 ? 0 : features.length / count;
  const inside = {
    positions: new Float32Array(positions.length),
    features: new Float32Array(features.length),
    scans: new Uint32Array(count),
  };
  let kept = 0;
  for (let point = 0; point < count; point++) {
    const x = positions[3 * point] ?? NaN;
    const y = positions[3 * point + 1] ?? NaN;
    const z = positions[3 * point + 2] ?? NaN;
    if (!(x >= minX && x <= maxX && y >= minY && y <= maxY && Number.isFinite(z))) continue;
    if (maskZ && !(z >= minZ && z <= maxZ)) continue;
    inside.positions[3 * kept] = x;
    inside.positions[3 * kept + 1] = y;
    inside.positions[3 * kept + 2] = z;
    for (let c = 0; c < width; c++) {
      inside.features[kept * width + c] = features[point * width + c] ?? 0;
    }
    inside.scans[kept++] = scans?.[point] ?? 0;
  }
  return {
    positions: inside.positions.subarray(0, 3 * kept),
    features: inside.features.subarray(0, kept * width),
    scans: inside.scans.subarray(0, kept),
  };
}
