import { basename, extname } from "node:path";
import { CliError, type Input, readInput, type Warning } from "@vicinity/cli";
import { type LidarScan, sweepLags } from "@vicinity/dsvt";
import { parsePointLayout, type PointCloud, type PointLayout, readPoints } from "@vicinity/media";

/** A scan that is ready to be looked at. */
export interface PreparedScan {
  /** What is in the file. */
  readonly cloud: PointCloud;
  /** The points that are looked at, in the axes and units of the file. */
  readonly scan: LidarScan;
  /** Its name without ending. */
  readonly stem: string;
  /** What was odd about the file. */
  readonly warnings: readonly Warning[];
}

/**
 * Reads the value of `--points`.
 *
 * @param text What the user gave.
 * @returns The columns; undefined for `auto` and nothing.
 * @throws {CliError} `USAGE` when it is no layout.
 */
export function readLayout(text: string | undefined): PointLayout | undefined {
  if (text === undefined || text === "auto") return undefined;
  try {
    return parsePointLayout(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError("USAGE", `--points cannot be read: ${reason}`, { cause: error });
  }
}

/**
 * Reads a file of points.
 *
 * @param input The file.
 * @param layout What its columns mean, if the user said so.
 * @returns The points and what is odd about them.
 * @throws {CliError} What {@link readInput} throws.
 * @throws {MediaError} When the file cannot be read as points.
 */
export async function readScan(
  input: Input,
  layout: PointLayout | undefined,
): Promise<PreparedScan> {
  const name = basename(input.shown);
  const cloud = await readPoints(await readInput(input), { name, layout });
  return {
    cloud,
    // Times that are no lags of sweeps would mislead a model.
    scan: { ...cloud, time: cloud.time && sweepLags(cloud.time) },
    stem: basename(name, extname(name)),
    warnings: warningsOf(cloud),
  };
}

function warningsOf({ report }: PointCloud): readonly Warning[] {
  const warnings: Warning[] = [...report.warnings];
  if (report.dropped > 0) {
    warnings.push({
      code: "POINTS_DROPPED",
      message: `${report.dropped} of ${report.rows} points have a coordinate that is not finite ` +
        "and were left out",
    });
  }
  return warnings;
}
