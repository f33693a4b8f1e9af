import { join } from "node:path";
import type { Input } from "./inputs.ts";
import { CliError } from "./errors.ts";
import { addTemporary, dropTemporary } from "./temporaries.ts";
import { toCliError } from "./to_cli_error.ts";

/**
 * A folder through which standard input and output pass, because pictures and videos need files that can
 * be read at any place.
 */
export class StandardStreams implements Disposable {
  #folder: string | undefined;

  /**
   * Puts what comes from standard input into a file.
   *
   * @param inputs Inputs, `-` among them perhaps.
   * @param signal Stops waiting.
   * @returns The same inputs, where `-` has become a file that is still shown as `-`.
   * @throws {CliError} `INPUT_EMPTY` when nothing comes.
   */
  async receive(inputs: readonly Input[], signal: AbortSignal): Promise<readonly Input[]> {
    if (!inputs.some(({ path }) => path === "-")) return inputs;
    const path = join(this.#open(), "stdin");
    const file = await Deno.open(path, { write: true, create: true });
    await Deno.stdin.readable.pipeTo(file.writable, { signal });
    if ((await Deno.stat(path)).size === 0) {
      throw new CliError("INPUT_EMPTY", "standard input has no bytes", { file: "-" });
    }
    return inputs.map((input) => input.path === "-" ? { ...input, path } : input);
  }

  /**
   * Names a file for what will go to standard output.
   *
   * @param suffix What a result's name would end in.
   * @returns An absolute path.
   */
  fileForOutput(suffix: string): string {
    return join(this.#open(), `stdout.${suffix}`);
  }

  /**
   * Copies a finished file to standard output.
   *
   * @param path The file.
   * @throws {CliError} `STDOUT_CLOSED` when nobody reads any more.
   */
  async send(path: string): Promise<void> {
    const file = await Deno.open(path, { read: true });
    try {
      await file.readable.pipeTo(Deno.stdout.writable, { preventClose: true });
    } catch (error) {
      throw toCliError(error);
    }
  }

  /** Removes the folder. */
  [Symbol.dispose](): void {
    if (this.#folder !== undefined) dropTemporary(this.#folder);
  }

  #open(): string {
    if (this.#folder === undefined) {
      this.#folder = Deno.makeTempDirSync({ prefix: "vicinity-" });
      addTemporary(this.#folder);
    }
    return this.#folder;
  }
}
