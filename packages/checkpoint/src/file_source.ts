import { CheckpointError } from "./errors.ts";
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
