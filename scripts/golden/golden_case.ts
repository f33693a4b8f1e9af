/** One golden file: what it says about itself, and its tensors by name. */
import { basename } from "node:path";
import { CheckpointError, type SafetensorsFile } from "@vicinity/checkpoint";
import { type OpenSafetensors, openSafetensors } from "@vicinity/checkpoint/deno";
import { GoldenError } from "./errors.ts";

/** A tensor of a golden file; double precision holds its integers and its floats exactly. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly values: Float64Array<ArrayBuffer>;
}

const ENDING = ".safetensors";

/** An open golden file; dispose of it to close the file. */
export class GoldenCase implements Disposable {
  readonly #checkpoint: OpenSafetensors;

  private constructor(readonly path: string, checkpoint: OpenSafetensors) {
    this.#checkpoint = checkpoint;
  }

  /**
   * Opens a file and reads its header.
   *
   * @param path Where it lies.
   * @returns The case.
   * @throws {GoldenError} If it is no safetensors file.
   */
  static async open(path: string): Promise<GoldenCase> {
    try {
      return new GoldenCase(path, await openSafetensors(path));
    } catch (error) {
      if (error instanceof CheckpointError) throw new GoldenError(error.message, { cause: error });
      throw error;
    }
  }

  /** Name for the table. */
  get name(): string {
    return basename(this.path, ENDING);
  }

  /** The tensors and the metadata. */
  get file(): SafetensorsFile {
    return this.#checkpoint.file;
  }

  /** Names of the tensors that start with a prefix, in file order. */
  names(prefix: string): string[] {
    return [...this.file.keys()].filter((name) => name.startsWith(prefix));
  }

  /** Whether the file holds a tensor. */
  has(name: string): boolean {
    return this.file.tensors.has(name);
  }

  /** Reads a tensor. */
  async tensor(name: string): Promise<GoldenTensor> {
    if (!this.has(name)) {
      throw new GoldenError(
        `Cannot run ${this.path}: it holds no tensor ${name}. Export it again.`,
      );
    }
    return { shape: this.file.entry(name).shape, values: await this.file.float64(name) };
  }

  /** Reads an entry of the metadata. */
  text(name: string): string {
    const text = this.file.metadata[name];
    if (text === undefined) {
      throw new GoldenError(
        `Cannot run ${this.path}: its metadata have no ${name}. Export it again.`,
      );
    }
    return text;
  }

  /** Reads a number of the metadata. */
  number(name: string): number {
    const number = Number(this.text(name));
    if (Number.isFinite(number)) return number;
    throw new GoldenError(
      `Cannot run ${this.path}: ${name} is ${this.text(name)}, expected a number.`,
    );
  }

  /** Reads an entry of the metadata that is written as JSON. */
  json(name: string): unknown {
    try {
      return JSON.parse(this.text(name));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new GoldenError(`Cannot run ${this.path}: ${name} is no JSON: ${this.text(name)}.`);
    }
  }

  /** Reads an entry of the metadata that is a list of whole numbers. */
  extents(name: string): number[] {
    const value = this.json(name);
    if (Array.isArray(value) && value.every((entry) => Number.isInteger(entry))) return value;
    throw new GoldenError(
      `Cannot run ${this.path}: ${name} is ${this.text(name)}, expected whole numbers.`,
    );
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#checkpoint[Symbol.dispose]();
  }
}
