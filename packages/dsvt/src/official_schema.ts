/** Checking a part of an official configuration file. */
import * as v from "valibot";
import { ConfigError } from "./config_rules.ts";

/**
 * Parses a part of a file.
 *
 * @param schema What it has to be.
 * @param json The part.
 * @param where Its place in the file.
 * @returns The part.
 * @throws {ConfigError} With the place and the reason of the first fault.
 */
export function parsed<Schema extends v.GenericSchema>(
  schema: Schema,
  json: unknown,
  where: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = [where, v.getDotPath(issue)].filter((part) => part).join(".");
  throw new ConfigError(
    `Cannot read the configuration: ${path || "the file"}: ${issue.message}. ` +
      "Write it as the official files do.",
  );
}
