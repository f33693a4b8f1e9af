import { basename, dirname, join } from "node:path";

/**
 * Names a hidden file beside a target, to write to until all of it is there.
 *
 * @param path The target.
 * @returns Another path each time.
 */
export function unfinishedName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}.part`);
}
