/** Checking the configurations of networks. */

/** What is wrong with a value. */
export interface ConfigIssue {
  /** In words. */
  readonly message: string;
  /** Where in the value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The value, or what is wrong with it. */
export type ConfigResult<Config> =
  | { readonly value: Config; readonly issues?: undefined }
  | { readonly issues: readonly ConfigIssue[] };

/** What checks a configuration, by the interface "Standard Schema"; schemas of valibot are such. */
export interface ConfigSchema<Config> {
  /** The interface. */
  readonly "~standard": {
    /** Checks a value. */
    readonly validate: (
      value: unknown,
    ) => ConfigResult<Config> | Promise<ConfigResult<Config>>;
  };
}

/** A configuration that cannot be read, or whose values contradict each other. */
export class ConfigError extends Error {
  /** Stable code for programs. */
  readonly code = "CONFIG";
  /** Name of the class, for messages. */
  override readonly name = "ConfigError";
}

/**
 * Reads a configuration.
 *
 * @param schema What it has to be.
 * @param json The configuration.
 * @param where Its place in its file, for messages.
 * @returns The configuration.
 * @throws {ConfigError} With the place and the reason of the first fault.
 *
 * @example
 * ```ts
 * import { ConfigError, readConfig } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 * import * as v from "valibot";
 *
 * const NECK = v.object({ channels: v.number() });
 * assert.deepEqual(readConfig(NECK, { channels: 8 }, "neck"), { channels: 8 });
 * assert.throws(() => readConfig(NECK, { channels: "8" }, "neck"), ConfigError);
 * ```
 */
export function readConfig<Config>(
  schema: ConfigSchema<Config>,
  json: unknown,
  where: string,
): Config {
  const result = schema["~standard"].validate(json);
  if (result instanceof Promise) {
    throw new TypeError("Cannot read a configuration by a schema that takes time.");
  }
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const path = issue?.path?.map((part) => String(typeof part === "object" ? part.key : part)) ?? [];
  const place = [where, ...path].filter((part) => part).join(".");
  throw new ConfigError(
    `Cannot read the configuration: ${place || "the file"}: ${issue?.message}. ` +
      "Write it as the official files do.",
  );
}
