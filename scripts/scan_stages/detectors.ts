/** The detectors that are timed: the shipped one, and the published ones with weights from a formula. */
import { type Checkpoint, findModel } from "@vicinity/checkpoint";
import { openModel } from "@vicinity/checkpoint/deno";
import { CONFIGURATIONS, describeLidarDetector, type DsvtConfig } from "@vicinity/dsvt";
import { hashw } from "../golden/dsvt/hashw.ts";

/** A detector and its weights. */
export interface TimedDetector extends Disposable {
  /** Its layers. */
  readonly config: DsvtConfig;
  /** Its weights. */
  readonly weights: Checkpoint;
}

const MINI = "dsvt-mini";

/** Names of the detectors that can be timed. */
export const DETECTORS: readonly string[] = [MINI, ...Object.keys(CONFIGURATIONS)];

/**
 * Opens a detector.
 *
 * @param name One of {@link DETECTORS}.
 * @returns Its layers and weights.
 */
export async function timedDetector(name: string): Promise<TimedDetector> {
  const config = CONFIGURATIONS[name];
  if (config) return { config, weights: hashedWeights(), [Symbol.dispose]: () => {} };
  const weights = await openModel(findModel(MINI));
  return {
    config: describeLidarDetector(weights),
    weights,
    [Symbol.dispose]: () => weights[Symbol.dispose](),
  };
}

function hashedWeights(): Checkpoint {
  const values = (key: string, shape: readonly number[]) => hashw(1, key, shape);
  return {
    name: "hashed weights",
    form: "safetensors",
    metadata: {},
    keys: () => [],
    find: (key, shape = []) => ({
      dtype: "F32",
      shape,
      float32: () => Promise.resolve(values(key, shape)),
      chunks: async function* () {
        yield await Promise.resolve(new Uint8Array(values(key, shape).buffer));
      },
    }),
  };
}
