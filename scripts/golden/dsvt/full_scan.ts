/** The scan that files of published detectors name, and what they say of its cells and sets. */
import { dirname, join } from "node:path";
import { type DsvtConfig, officialSets, type PointRows, type VoxelisedScan } from "@vicinity/dsvt";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";
import { EXACT } from "../tolerance.ts";

/** Values of a point in KITTI's files: x, y, z, intensity. */
const COLUMNS = 4;

/**
 * Reads the scan, in the frame of the detector.
 *
 * @param golden The case.
 * @param config The detector.
 * @returns Its points.
 * @throws {GoldenError} If the scan is not beside the case.
 */
export async function fullScan(golden: GoldenCase, config: DsvtConfig): Promise<PointRows> {
  const { file } = golden.json("input") as { readonly file: string };
  const bytes = await found(golden, file);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const count = values.length / COLUMNS;
  const positions = new Float32Array(3 * count);
  const features = new Float32Array(2 * count);
  for (let point = 0; point < count; point++) {
    const [x = 0, y = 0, z = 0, intensity = 0] = values.subarray(
      COLUMNS * point,
      COLUMNS * (point + 1),
    );
    if (config.frame === "nuscenes") {
      positions.set([-y, x, z - 1.5], 3 * point);
      features[2 * point] = 255 * intensity;
    } else {
      positions.set([x, y, z + 0.4], 3 * point);
      features[2 * point] = Math.tanh(intensity);
    }
  }
  return { positions, features };
}

/** A file by its path in one of the folders around the case. */
async function found(golden: GoldenCase, path: string): Promise<Uint8Array<ArrayBuffer>> {
  let folder = dirname(golden.path);
  while (true) {
    try {
      return await Deno.readFile(join(folder, path));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const parent = dirname(folder);
    if (parent === folder) {
      throw new GoldenError(
        `Cannot run ${golden.path}: its scan ${path} is in no folder around it. Put it there.`,
      );
    }
    folder = parent;
  }
}

/** Counts and checksums of points, cells and sets. */
export function* countsOf(
  golden: GoldenCase,
  { voxels, stages }: VoxelisedScan,
  config: DsvtConfig,
): Generator<Produced> {
  const values = new Map<string, number>([
    ["points_in_range", voxels.inRange],
    ["voxels", voxels.count],
    ["voxels_out", (stages.at(-1)?.coords.length ?? 0) / 4],
    ["voxel_coords_checksum", checksum(voxels.coords)],
  ]);
  for (const [index, { shifts }] of stages.entries()) {
    for (const [shift, partition] of shifts.entries()) {
      const name = `stage${index}_shift${shift}`;
      const { indices } = officialSets(partition, config.transformer.stages[index]?.setSize ?? 1);
      values.set(`sets_${name}`, partition.starts.length - 1);
      values.set(`set_inds_checksum_${name}`, checksum(indices));
    }
  }
  const info = golden.json("info") as Readonly<Record<string, unknown>>;
  for (const [name, value] of values) {
    const expected = { shape: [1], values: Float64Array.of(Number(info[name])) };
    yield { name: `info.${name}`, values: [value], expected, tolerance: EXACT };
  }
}

/** Sum of (v + 1) · (k mod 65536) over the values v and their numbers k from 1, modulo 2³². */
function checksum(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 1; k <= values.length; k++) {
    sum = (sum + ((values[k - 1] ?? 0) + 1) * (k % 65536)) % 2 ** 32;
  }
  return sum;
}
