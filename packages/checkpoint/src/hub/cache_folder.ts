import { isAbsolute, join } from "node:path";

/** The environment variables that {@link hubCacheFolder} asks for. */
export const CACHE_VARIABLES = [
  "VICINITY_CACHE",
  "XDG_CACHE_HOME",
  "LOCALAPPDATA",
  "HOME",
] as const;

/**
 * The folder in which downloaded models are kept: `VICINITY_CACHE`, else `vicinity` in the user's
 * cache folder.
 *
 * @param variable Gives an environment variable.
 * @returns A path, or undefined when none of {@link CACHE_VARIABLES} says where.
 *
 * @example
 * ```ts
 * import { hubCacheFolder } from "@vicinity/checkpoint/hub";
 * import assert from "node:assert/strict";
 *
 * const environment = new Map([["HOME", "/home/someone"]]);
 * const folder = hubCacheFolder((name) => environment.get(name));
 * assert.match(folder ?? "", /\.cache.vicinity$/);
 * ```
 */
export function hubCacheFolder(
  variable: (name: typeof CACHE_VARIABLES[number]) => string | undefined,
): string | undefined {
  const own = variable("VICINITY_CACHE");
  if (own) return own;
  // The XDG specification tells programs to pass over relative paths.
  const folders = [variable("XDG_CACHE_HOME"), variable("LOCALAPPDATA")];
  const folder = folders.find((path) => path !== undefined && isAbsolute(path));
  if (folder !== undefined) return join(folder, "vicinity");
  const home = variable("HOME");
  return home ? join(home, ".cache", "vicinity") : undefined;
}
