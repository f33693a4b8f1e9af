/** What a model file says of its networks. */
import { type Checkpoint, CheckpointError, configText } from "@vicinity/checkpoint";
import { parseConfig, type SimpleGvrConfig } from "./config.ts";

/**
 * Describes the networks in a checkpoint.
 *
 * @param checkpoint A file of this project, which has its configuration in its metadata or beside it.
 * @returns Configuration of all parts.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when there is none.
 * @throws {ConfigError} If the configuration cannot be read.
 */
export function describeSimpleGvr(checkpoint: Checkpoint): SimpleGvrConfig {
  const config = configText(checkpoint);
  if (config !== undefined) return parseConfig(config);
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${checkpoint.name}: it has no configuration in its metadata. ` +
      "Use a SimpleGVR file of this project.",
  );
}
