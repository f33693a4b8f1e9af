/** Whole detectors in golden files: their configuration, weights and plans. */
import {
  Dsvt,
  type DsvtConfig,
  DsvtPlans,
  LidarDetector,
  type LidarScan,
  officialConfig,
  type PointFeature,
  type PointRows,
} from "@vicinity/dsvt";
import type { Checkpoint } from "@vicinity/checkpoint";
import type { Gpu } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import { weightsOf } from "../weights.ts";

/** Names of the features of points, in the order of the official files. */
const FEATURES: readonly PointFeature[] = ["intensity", "elongation", "time"];

/** The detector that metadata describe with the section MODEL of its file. */
export function storedConfig(golden: GoldenCase): DsvtConfig {
  const names = FEATURES.slice(0, golden.number("num_point_features") - 3);
  return officialConfig({
    CLASS_NAMES: golden.json("class_names"),
    DATA_CONFIG: {
      POINT_CLOUD_RANGE: golden.json("point_cloud_range"),
      POINT_FEATURE_ENCODING: { used_feature_list: ["x", "y", "z", ...names] },
      DATA_PROCESSOR: [{ NAME: "voxels", VOXEL_SIZE: golden.json("voxel_size") }],
    },
    MODEL: golden.json("config"),
  });
}

/** Points as the public class takes them. */
export function scanOf({ positions, features }: PointRows, config: DsvtConfig): LidarScan {
  const width = config.features.length;
  const columns = config.features.map((name, column) => [
    name,
    Float32Array.from(
      { length: positions.length / 3 },
      (_, point) => features[point * width + column] ?? 0,
    ),
  ]);
  return { positions, ...Object.fromEntries(columns) };
}

/** Loads the public class with the weights of a case. */
export async function loadDetector(
  gpu: Gpu,
  golden: GoldenCase,
  config: DsvtConfig,
): Promise<LidarDetector> {
  using weights = await weightsOf(golden);
  const checkpoint: Checkpoint = { ...weights.source, form: "safetensors", metadata: {} };
  return await LidarDetector.load({ gpu, weights: checkpoint, config });
}

/** A network and its plans, for what lies between points and boxes. */
export interface LoadedPlans extends Disposable {
  readonly network: Dsvt;
  readonly plans: DsvtPlans;
}

/** Loads the network with the weights of a case. */
export async function loadPlans(
  gpu: Gpu,
  golden: GoldenCase,
  config: DsvtConfig,
): Promise<LoadedPlans> {
  const loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new Dsvt(parameters, store, config),
  );
  const plans = new DsvtPlans(gpu, loaded.network, config);
  const dispose = () => {
    plans.dispose();
    loaded.dispose();
  };
  return { network: loaded.network, plans, [Symbol.dispose]: dispose };
}
