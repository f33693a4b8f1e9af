/** What a model file says of its networks. */
import { type Checkpoint, CheckpointError, configText } from "@vicinity/checkpoint";
import { ConfigError, describedBy } from "@vicinity/vision";
import type { SimpleGvrConfig } from "./config.ts";
import { parseConfig } from "./config_schema.ts";

const KIND = { title: "a SimpleGVR model", fault: ConfigError };

/**
 * Describes the networks in a checkpoint.
 *
 * @param checkpoint A file of this project, which has its configuration in its metadata or beside it.
 * @returns Configuration of all parts.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when there is none, or that of another network.
 */
export function describeSimpleGvr(checkpoint: Checkpoint): SimpleGvrConfig {
  const config = configText(checkpoint);
  if (config !== undefined) return describedBy(checkpoint, KIND, () => parseConfig(config));
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${checkpoint.name}: it has no configuration in its metadata. ` +
      "Use a SimpleGVR file of this project.",
  );
}
