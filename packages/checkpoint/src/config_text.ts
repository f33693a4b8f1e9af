import type { Checkpoint } from "./checkpoint.ts";

/** Where the text may be: in the file itself, or what lay beside it. */
const PLACES = ["config", "config.json"];

/**
 * What a checkpoint says of its network.
 *
 * @param checkpoint The file.
 * @returns The text of its configuration, its own or that of the `config.json` beside it.
 *
 * @example
 * ```ts
 * import { configText, memorySource, readCheckpoint, writeSafetensors } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const bytes = writeSafetensors([], { config: '{"depth":2}' });
 * assert.equal(configText(await readCheckpoint(memorySource(bytes))), '{"depth":2}');
 * ```
 */
export function configText({ metadata }: Pick<Checkpoint, "metadata">): string | undefined {
  return PLACES.map((place) => metadata[place]).find((text) => text !== undefined);
}
