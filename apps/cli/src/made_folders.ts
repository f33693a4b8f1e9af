import { dirname } from "node:path";

/** Folders that this process made, outer ones first. */
const made = new Set<string>();

/**
 * Makes a folder and those above it, and remembers which were missing.
 *
 * @param path Its path.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = path; !await exists(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) made.add(folder);
  await Deno.mkdir(path, { recursive: true });
}

/** Removes the folders that this process made and in which nothing came to be. */
export function removeEmptyFolders(): void {
  for (const folder of [...made].reverse()) {
    try {
      Deno.removeSync(folder);
    } catch {
      // Something is in it, or it was never made.
    }
  }
  made.clear();
}

async function exists(path: string): Promise<boolean> {
  if (path === dirname(path)) return true;
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
