import { dirname } from "node:path";
import { unfinishedName } from "@vicinity/media";
import { CliError } from "./errors.ts";
import { makeFolder } from "./made_folders.ts";
import { addTemporary, dropTemporary, forgetTemporary } from "./temporaries.ts";
import { toCliError } from "./to_cli_error.ts";

/**
 * A file that appears under its final name only when it is complete: it is written beside it under a
 * hidden temporary name, then renamed. Disposal without {@link AtomicFile.commit} removes it.
 *
 * @example
 * ```ts
 * import { AtomicFile } from "@vicinity/cli";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   using file = await AtomicFile.create(`${folder}/clip.mp4`);
 *   await Deno.writeTextFile(file.temporary, "frames");
 *   await file.commit();
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class AtomicFile implements Disposable {
  private constructor(
    /** The name that the file gets in the end. */
    readonly target: string,
    /** The name to write to; it has the ending of the target. */
    readonly temporary: string,
  ) {}

  /**
   * Makes the target's folder and an empty temporary file in it.
   *
   * @param target The final path.
   * @returns The file, to be disposed.
   * @throws {CliError} `OUTPUT_DENIED` or `OUTPUT_NOSPACE` when the folder cannot be written to.
   */
  static async create(target: string): Promise<AtomicFile> {
    const temporary = unfinishedName(target);
    try {
      await makeFolder(dirname(target));
      await requirePossibleName(target);
      addTemporary(temporary);
      await Deno.writeFile(temporary, new Uint8Array(), { createNew: true });
    } catch (error) {
      forgetTemporary(temporary);
      throw outputError(error, target);
    }
    return new AtomicFile(target, temporary);
  }

  /**
   * Gives the file its final name.
   *
   * @param options Whether the bytes have to be on the disk before, so that a power cut cannot leave
   *   the name without them.
   * @throws {CliError} When the rename fails.
   */
  async commit({ durable = false }: { readonly durable?: boolean } = {}): Promise<void> {
    try {
      if (durable) await flushFile(this.temporary);
      await Deno.rename(this.temporary, this.target);
    } catch (error) {
      throw outputError(error, this.target);
    }
    forgetTemporary(this.temporary);
  }

  /** Removes the temporary file if it was not committed. */
  [Symbol.dispose](): void {
    dropTemporary(this.temporary);
  }
}

/**
 * Writes bytes so that the target either keeps its old content or has all of the new.
 *
 * @param target The final path; its folder is made when missing.
 * @param bytes The whole content.
 * @param options Whether it has to outlast a power cut.
 * @throws {CliError} `OUTPUT_DENIED`, `OUTPUT_NOSPACE` with the target's name.
 */
export async function writeAtomic(
  target: string,
  bytes: Uint8Array,
  options: { readonly durable?: boolean } = {},
): Promise<void> {
  using file = await AtomicFile.create(target);
  try {
    await Deno.writeFile(file.temporary, bytes);
  } catch (error) {
    throw outputError(error, target);
  }
  await file.commit(options);
}

/**
 * Waits until the bytes of a file are on the disk.
 *
 * @param path The file.
 */
export async function flushFile(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  await file.sync();
}

/**
 * Finds out before the work, which may be long, whether its result can be written.
 *
 * @param target The result's path; its folder is made when missing.
 * @throws {CliError} `OUTPUT_DENIED`, `OUTPUT_NOSPACE` with the target's name.
 */
export async function proveWritable(target: string): Promise<void> {
  using _probe = await AtomicFile.create(target);
}

/** The hidden name is short; that the last one can be given is known from looking for it. */
async function requirePossibleName(target: string): Promise<void> {
  try {
    await Deno.lstat(target);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Turns a failure to write into an error of the output.
 *
 * @param error What was caught.
 * @param target The file that was to be written.
 * @returns An `OUTPUT_*` error.
 */
export function outputError(error: unknown, target: string): CliError {
  const known = toCliError(error, target);
  const isOutput = known.code.startsWith("OUTPUT_");
  if (isOutput) {
    return new CliError(known.code, `cannot write: ${known.message}`, {
      file: target,
      hint: known.hint,
      cause: error,
    });
  }
  return new CliError("OUTPUT_DENIED", `cannot write: ${known.message}`, {
    file: target,
    hint: "choose another name or folder with -o",
    cause: error,
  });
}
