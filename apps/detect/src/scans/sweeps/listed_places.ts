import { basename, dirname, resolve } from "node:path";
import { CliError, userPath } from "@vicinity/cli";
import { inverse4, multiply4 } from "@vicinity/vision";
import { type ListedScan, parsePoseList } from "./pose_list.ts";
import type { PlaceSource, ScanPlace } from "./scan_place.ts";

/** Where scans were taken, from a list of files with poses. */
export class ListedPlaces implements PlaceSource {
  readonly #path: string;
  #scans: Promise<readonly ListedScan[]> | undefined;

  /**
   * Reads nothing yet.
   *
   * @param path The value of `--poses`.
   */
  constructor(path: string) {
    this.#path = userPath(path);
  }

  /** Looks a scan up by its path, or by its name where only one scan of the list has it. */
  async find(path: string): Promise<ScanPlace> {
    const scans = await (this.#scans ??= this.#read());
    const named = scans.filter(({ file }) => basename(file) === basename(path));
    const scan = named.find(({ file }) => file === path) ?? named[0];
    if (scan === undefined || (named.length > 1 && scan.file !== path)) {
      const count = named.length === 0 ? "no line" : `${named.length} lines`;
      throw new CliError("SWEEPS", `the list of poses has ${count} for this scan`, {
        file: path,
        hint: `give it one line in ${this.#path}: file, seconds, pose`,
      });
    }
    const earlier = scans
      .filter(({ time }) => time < scan.time)
      .sort((a, b) => b.time - a.time);
    const toKey = inverse4(scan.pose);
    return {
      globalFromScan: scan.pose,
      sweepsBefore: (count) =>
        Promise.resolve(
          earlier.slice(0, count).map(({ file, pose, time }) => ({
            path: file,
            toKey: multiply4(toKey, pose),
            lag: scan.time - time,
          })),
        ),
    };
  }

  async #read(): Promise<readonly ListedScan[]> {
    let reason: string;
    try {
      const text = await Deno.readTextFile(this.#path);
      return parsePoseList(text).map((scan) => ({
        ...scan,
        file: resolve(dirname(this.#path), scan.file),
      }));
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    throw new CliError("SWEEPS", `the list of poses cannot be read: ${reason}`, {
      file: this.#path,
      hint:
        "write a line for each scan: file, seconds, and 12 numbers of the top rows of a 4 x 4 " +
        "matrix, or x y z and the quaternion w x y z",
    });
  }
}
