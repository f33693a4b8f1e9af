import { FileSource } from "./file_source.ts";
import { SafetensorsFile } from "./safetensors.ts";

/** A safetensors file together with the open file behind it; dispose of it to close that. */
export interface OpenSafetensors extends Disposable {
  /** The tensors. */
  readonly file: SafetensorsFile;
}

/**
 * Opens a safetensors file as such, for what other forms do not have: places and integers of its
 * tensors.
 *
 * @param path A path or a `file:` address.
 * @returns The file with its header checked; the caller disposes of it.
 * @throws {CheckpointError} `WEIGHTS_MISSING` or `WEIGHTS_CORRUPT`.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "@vicinity/checkpoint";
 * import { openSafetensors } from "@vicinity/checkpoint/deno";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".safetensors" });
 * await Deno.writeFile(path, writeSafetensors([]));
 * using opened = await openSafetensors(path);
 * assert.equal(opened.file.tensors.size, 0);
 * await Deno.remove(path);
 * ```
 */
export async function openSafetensors(path: string | URL): Promise<OpenSafetensors> {
  const source = await FileSource.open(path);
  try {
    const file = await SafetensorsFile.open(source);
    return { file, [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}
