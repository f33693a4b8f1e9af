import { CliError, type Warning } from "@vicinity/cli";
import { type Calibration, parseCalibration } from "./results/calibration.ts";
import { fileFor } from "./stem_pattern.ts";

/** The calibrations of a run, each read once. */
export class CalibrationFiles {
  readonly #pattern: string | undefined;
  readonly #read = new Map<string, Calibration>();
  readonly #warn: (warning: Warning) => void;
  #warned = false;

  /**
   * Reads nothing yet.
   *
   * @param pattern The value of `--calib`.
   * @param warn Told once when camera coordinates are wanted and there is no calibration.
   */
  constructor(pattern: string | undefined, warn: (warning: Warning) => void) {
    this.#pattern = pattern;
    this.#warn = warn;
  }

  /**
   * The calibration of a scan.
   *
   * @param stem The scan's name without ending.
   * @param wanted Whether a result has camera coordinates.
   * @returns The calibration; undefined when the user named none.
   * @throws {CliError} `CALIBRATION` when it is missing or cannot be read.
   */
  async of(stem: string, wanted: boolean): Promise<Calibration | undefined> {
    if (this.#pattern === undefined) {
      if (wanted && !this.#warned) {
        this.#warned = true;
        this.#warn({
          code: "CALIBRATION",
          message:
            "without --calib KITTI's files have x right, y down, z forward from the scan's " +
            "own axes, and no rectangles in a picture",
        });
      }
      return undefined;
    }
    const path = await fileFor(this.#pattern, stem, ".txt");
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const calibration = parseCalibration(await readText(path), path);
    this.#read.set(path, calibration);
    return calibration;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError("CALIBRATION", `the calibration cannot be read: ${reason}`, {
      file: path,
      hint: "check --calib",
    });
  }
}
