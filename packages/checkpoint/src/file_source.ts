/**
 * Checkpoints from the file system of Deno; kept apart from the rest so that browsers need not load
 * it.
 *
 * @module
 */
import { CheckpointError } from "./errors.ts";
import { modelAddress, type ModelEntry } from "./registry.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { sha256Hex } from "./sha256.ts";
import type { Source } from "./source.ts";

/** A {@link Source} over an open file; dispose of it to close the file. */
export class FileSource implements Source, Disposable {
  readonly #file: Deno.FsFile;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: Deno.FsFile, readonly name: string, readonly size: number) {
    this.#file = file;
  }

  /**
   * Opens a file for reading.
   *
   * @param path A path or a `file:` address.
   * @returns The source; the caller disposes of it.
   * @throws {CheckpointError} `WEIGHTS_MISSING` when there is no readable file.
   *
   * @example
   * ```ts
   * import { FileSource } from "@vicinity/checkpoint/deno";
   * import assert from "node:assert/strict";
   *
   * const path = await Deno.makeTempFile();
   * await Deno.writeTextFile(path, "abc");
   * using source = await FileSource.open(path);
   * assert.equal(source.size, 3);
   * await Deno.remove(path);
   * ```
   */
  static async open(path: string | URL): Promise<FileSource> {
    const name = path instanceof URL ? decodeURIComponent(path.pathname) : path;
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { read: true });
    } catch (cause) {
      throw new CheckpointError(
        "WEIGHTS_MISSING",
        `Cannot open ${name}: ${cause instanceof Error ? cause.message : String(cause)}. ` +
          "Check the path.",
        [],
        { cause },
      );
    }
    const { size, isFile } = await file.stat();
    if (!isFile) {
      file.close();
      throw new CheckpointError(
        "WEIGHTS_MISSING",
        `Cannot open ${name}: it is not a file. Check the path.`,
      );
    }
    return new FileSource(file, name, size);
  }

  /**
   * Reads a range; ranges asked for at once are read one after the other.
   *
   * @param offset First byte.
   * @param length Number of bytes.
   * @returns Exactly `length` bytes.
   * @throws {CheckpointError} `WEIGHTS_CORRUPT` when the file ends before that.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const reading = this.#turn.then(() => this.#readNow(offset, length));
    this.#turn = reading.catch(() => {});
    return reading;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  async #readNow(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    await this.#file.seek(offset, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < length) {
      const count = await this.#file.read(bytes.subarray(filled));
      if (count === null) {
        throw new CheckpointError(
          "WEIGHTS_CORRUPT",
          `Cannot read ${this.name}: it ends at byte ${offset + filled}, ` +
            `${offset + length} were expected. Fetch the file again.`,
        );
      }
      filled += count;
    }
    return bytes;
  }
}

/** A safetensors file together with the open file behind it; dispose of it to close that. */
export interface OpenCheckpoint extends Disposable {
  /** The tensors. */
  readonly file: SafetensorsFile;
}

/**
 * Opens a safetensors file.
 *
 * @param path A path or a `file:` address.
 * @returns The file with its header checked; the caller disposes of it.
 * @throws {CheckpointError} `WEIGHTS_MISSING` or `WEIGHTS_CORRUPT`.
 *
 * @example
 * ```ts
 * import { writeSafetensors } from "@vicinity/checkpoint";
 * import { openCheckpoint } from "@vicinity/checkpoint/deno";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile({ suffix: ".safetensors" });
 * await Deno.writeFile(path, writeSafetensors([]));
 * using checkpoint = await openCheckpoint(path);
 * assert.equal(checkpoint.file.tensors.size, 0);
 * await Deno.remove(path);
 * ```
 */
export async function openCheckpoint(path: string | URL): Promise<OpenCheckpoint> {
  return await openVerified(path, () => Promise.resolve());
}

/**
 * Opens the weights of a registered model after comparing size and SHA-256 with the registry.
 *
 * @param model An entry of the project's registry.
 * @returns The file with its header checked; the caller disposes of it.
 * @throws {CheckpointError} `WEIGHTS_MISSING` when the file is absent, `WEIGHTS_CORRUPT` when its
 * contents are not the registered ones.
 */
export async function openModel(model: ModelEntry): Promise<OpenCheckpoint> {
  return await openVerified(modelAddress(model.file), (source) => verify(source, model));
}

async function openVerified(
  path: string | URL,
  check: (source: Source) => Promise<void>,
): Promise<OpenCheckpoint> {
  const source = await FileSource.open(path);
  try {
    await check(source);
    const file = await SafetensorsFile.open(source);
    return { file, [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

async function verify(source: Source, model: ModelEntry): Promise<void> {
  const found = source.size === model.bytes ? await sha256Hex(source) : `${source.size} bytes`;
  if (found === model.sha256) return;
  const expected = source.size === model.bytes ? model.sha256 : `${model.bytes} bytes`;
  throw new CheckpointError(
    "WEIGHTS_CORRUPT",
    `Cannot load model ${model.id}: ${source.name} has ${found}, the registry expects ` +
      `${expected}. Restore the file.`,
  );
}
