import { join } from "node:path";
import { userPath } from "@vicinity/cli";

/**
 * The file that a pattern names for an input: `{stem}` becomes the input's name without ending, and a
 * folder means the file of that name in it.
 *
 * @param pattern What the user gave.
 * @param stem The input's name without ending.
 * @param ending What files in a folder end in, with a dot.
 * @returns An absolute path.
 */
export async function fileFor(pattern: string, stem: string, ending: string): Promise<string> {
  const path = userPath(pattern.replaceAll("{stem}", stem));
  if (pattern.includes("{stem}")) return path;
  return await isFolder(path) ? join(path, `${stem}${ending}`) : path;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}
