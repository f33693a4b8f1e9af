import { isAbsolute, relative, resolve } from "node:path";

/**
 * The folder that the user stands in. `deno task` changes the working directory to the project and leaves
 * the caller's in `INIT_CWD`.
 *
 * @returns An absolute path.
 */
export function userFolder(): string {
  return Deno.env.get("INIT_CWD") || Deno.cwd();
}

/**
 * Resolves a path as the user meant it.
 *
 * @param path A path from the command line.
 * @returns An absolute path.
 */
export function userPath(path: string): string {
  return isAbsolute(path) ? resolve(path) : resolve(userFolder(), path);
}

/**
 * Shortens a path for a message.
 *
 * @param path An absolute path.
 * @returns It, relative to where the user stands if it lies below.
 */
export function shownPath(path: string): string {
  const near = relative(userFolder(), path);
  return near === "" || near.startsWith("..") ? path : near;
}
