import { basename, dirname, extname, join } from "node:path";

/** Letters of the target's name that are kept: at most three bytes each, where names may have 255. */
const KEPT_LETTERS = 60;

/**
 * Names a hidden file beside a target, to write to until all of it is there.
 *
 * @param path The target.
 * @returns Another path each time, with the target's ending.
 *
 * @example
 * ```ts
 * import { unfinishedName } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * assert.match(unfinishedName("/films/clip.mp4"), /^\/films\/\.clip\.[0-9a-f]{8}\.part\.mp4$/);
 * ```
 */
export function unfinishedName(path: string): string {
  const ending = extname(path);
  const start = basename(path, ending).slice(0, KEPT_LETTERS);
  const mark = crypto.randomUUID().slice(0, 8);
  return join(dirname(path), `.${start}.${mark}.part${ending}`);
}
