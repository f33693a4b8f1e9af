/** Detectors that run in no time, with weights that mean nothing, and scans for them. */
import { CONFIGURATIONS } from "../configurations.ts";
import type { DsvtConfig, Reduction } from "../config.ts";
import type { LidarScan } from "../lidar_scan.ts";

/** A detector of 32 x 32 columns, its layers those of the published one on Waymo, but thinner. */
export function tinyConfig(): DsvtConfig {
  const published = CONFIGURATIONS["dsvt-waymo-pillar"];
  const [stage] = published?.transformer.stages ?? [];
  if (!published || !stage || published.head.kind !== "center") {
    throw new TypeError("Cannot make a tiny detector: there is no published one.");
  }
  const thin = { channels: 16, heads: 2, feedForward: 16, blocks: 2 };
  return {
    ...published,
    range: { min: [-5.12, -5.12, -2], max: [5.12, 5.12, 4] },
    vfe: { ...published.vfe, filters: [16, 16] },
    transformer: { ...published.transformer, stages: [{ ...stage, ...thin }] },
    bev: {
      blocks: [0, 0],
      strides: [1, 2],
      filters: [8, 8],
      upsampleStrides: [1, 2],
      upsampleFilters: [8, 8],
    },
    head: { ...published.head, sharedChannels: 8, maxObjects: 20 },
  };
}

/**
 * The same with cells of a quarter of the height, which become columns between two stages.
 *
 * @param reduction How they do.
 * @returns The detector.
 */
export function tinyStagedConfig(reduction: Reduction): DsvtConfig {
  const { voxelSize: [x, y, z], transformer, ...rest } = tinyConfig();
  const [stage] = transformer.stages;
  if (!stage) throw new TypeError("Cannot make a tiny detector: it has no stage.");
  const low = { ...stage, blocks: 1, window: [12, 12, 4], stride: [1, 1, 4] } as const;
  const stages = [low, { ...stage, blocks: 1 }];
  return { ...rest, voxelSize: [x, y, z / 4], transformer: { ...transformer, stages, reduction } };
}

/**
 * Points in the range of {@link tinyConfig} and around it.
 *
 * @param count How many.
 * @param seed The same points for the same seed.
 * @returns A scan with intensity, but without elongation.
 */
export function tinyScan(count: number, seed: number): LidarScan {
  let state = seed * 7919 + 1;
  const unit = () => (state = state * 48271 % 2147483647) / 2147483647;
  return {
    positions: Float32Array.from(
      { length: 3 * count },
      (_, at) => at % 3 === 2 ? 3 * unit() - 1 : 12 * unit() - 6,
    ),
    intensity: Float32Array.from({ length: count }, unit),
  };
}
