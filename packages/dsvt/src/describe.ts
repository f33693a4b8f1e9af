/** What a model file, a published name or a configuration file says of a detector. */
import { type Checkpoint, CheckpointError, configText } from "@vicinity/checkpoint";
import { ConfigError } from "@vicinity/vision";
import type { DsvtConfig } from "./config.ts";
import { checkConfig } from "./config_rules.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { officialConfig } from "./official_config.ts";

/** What a user says of a file that does not describe itself. */
export interface DetectorHint {
  /** Name of the published detector, such as `dsvt-waymo-pillar`. */
  readonly model?: string | undefined;
  /** The detector itself. */
  readonly config?: DsvtConfig | undefined;
}

/**
 * Describes the detector in a checkpoint.
 *
 * @param checkpoint A file of this project, whose metadata hold the configuration in the official form,
 * or an official file.
 * @param hint What an official file belongs to; files that describe themselves need none.
 * @returns Its configuration.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 * @throws {ConfigError} If the values of a configuration contradict each other.
 */
export function describeLidarDetector(
  checkpoint: Checkpoint,
  { model, config }: DetectorHint = {},
): DsvtConfig {
  if (config) {
    checkConfig(config);
    return config;
  }
  const stored = configText(checkpoint);
  if (stored !== undefined) return officialConfig(parsedJson(checkpoint, stored));
  const published = model === undefined ? undefined : CONFIGURATIONS[model];
  if (published) return published;
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${checkpoint.name}: it does not say which network it is of` +
      `${model === undefined ? "" : `, and ${JSON.stringify(model)} is no published one`}. ` +
      `Name one of ${Object.keys(CONFIGURATIONS).join(", ")}.`,
  );
}

function parsedJson(checkpoint: Checkpoint, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConfigError(
      `Cannot load ${checkpoint.name}: its configuration is no JSON. Use a model of this task.`,
    );
  }
}
