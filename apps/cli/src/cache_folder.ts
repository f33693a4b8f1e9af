import { CACHE_VARIABLES, hubCacheFolder } from "@vicinity/checkpoint/hub";
import { CliError } from "./errors.ts";
import { userPath } from "./paths.ts";

/**
 * The folder in which downloaded models are kept.
 *
 * @returns An absolute path.
 * @throws {CliError} `USAGE` when the environment does not say where.
 */
export function cacheFolder(): string {
  const folder = hubCacheFolder((name) => Deno.env.get(name));
  if (folder !== undefined) return userPath(folder);
  throw new CliError(
    "USAGE",
    `there is no cache folder: ${CACHE_VARIABLES.join(", ")} are not set`,
    {
      hint: "set VICINITY_CACHE to a folder",
    },
  );
}
