/** Files and folders that are there only while a run needs them. */
import { removeEmptyFolders } from "./made_folders.ts";

/** Those of this process, so that an interrupted run can remove them. */
const paths = new Set<string>();
/** Told of each that stays, when they are to stay. */
let onKept: ((path: string) => void) | undefined;

/**
 * Lets temporary files stay from now on, for those who look for what went wrong.
 *
 * @param tell Told the path of each.
 * @returns Ends it.
 */
export function keepTemporaries(tell: (path: string) => void): Disposable {
  onKept = tell;
  return {
    [Symbol.dispose]: () => {
      onKept = undefined;
    },
  };
}

/**
 * Takes note of a temporary file or folder.
 *
 * @param path Its path.
 */
export function addTemporary(path: string): void {
  paths.add(path);
}

/**
 * Forgets one that became a result, or never came to be.
 *
 * @param path Its path.
 */
export function forgetTemporary(path: string): void {
  paths.delete(path);
}

/**
 * Removes one that is needed no longer, unless they are to stay; nothing happens to those that are
 * forgotten, and empty files never stay.
 *
 * @param path Its path.
 */
export function dropTemporary(path: string): void {
  if (!paths.delete(path)) return;
  if (onKept !== undefined && hasContent(path)) onKept(path);
  else removeQuietly(path);
}

/** Removes every unfinished file and the folders made for it; for a run that is about to be cut short. */
export function removeTemporaries(): void {
  for (const path of [...paths]) dropTemporary(path);
  removeEmptyFolders();
}

/**
 * Removes a file or a folder with all that is in it, if it is there.
 *
 * @param path Its path.
 */
export function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function hasContent(path: string): boolean {
  try {
    const { isDirectory, size } = Deno.statSync(path);
    return isDirectory || size > 0;
  } catch {
    return false;
  }
}
