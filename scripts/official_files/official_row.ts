/** What is tried with a file of the authors' form. */
import type { OfficialFile } from "./official_weights.ts";

/** A command that takes the file. */
export interface Trial {
  /** The task. */
  readonly task: "segment" | "detect" | "classify";
  /** The picture, of those in the folder. */
  readonly picture: string;
  /** Options beside `--model` and `--weights`. */
  readonly options: readonly string[];
  /**
   * Checks what the command made.
   *
   * @param results The folder with its results.
   * @param printed What it printed.
   * @returns What to tell of it.
   */
  readonly check?: (results: string, printed: string) => Promise<string> | string;
}

/** A file and what is tried with it. */
export interface OfficialRow {
  /** Name of the published model. */
  readonly model: string;
  /** How its file is made. */
  readonly file: OfficialFile;
  /** Commands that have to take it. */
  readonly trials: readonly Trial[];
  /**
   * Runs the network on a device that offers no more than every WebGPU device does.
   *
   * @param weights The file.
   * @returns What to tell of it.
   */
  readonly atDefaultLimits?: (weights: string) => Promise<string>;
}
