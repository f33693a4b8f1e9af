import type { Matrix4 } from "@vicinity/vision";

/** A scan that was taken earlier, still in its file. */
export interface SweepFile {
  /** Absolute path. */
  readonly path: string;
  /** The motion from its axes to those of the scan that it comes before. */
  readonly toKey: Matrix4;
  /** Seconds before that scan. */
  readonly lag: number;
}

/** What is known of where a scan was taken. */
export interface ScanPlace {
  /** The motion from its axes to some that stand still. */
  readonly globalFromScan: Matrix4;
  /** Its key in nuScenes' results. */
  readonly sampleToken?: string | undefined;
  /** The scans before it, newest first; fewer where there are fewer. */
  sweepsBefore(count: number): Promise<readonly SweepFile[]>;
}

/** Knows where scans were taken. */
export interface PlaceSource {
  /**
   * Looks a scan up.
   *
   * @param path Its absolute path.
   * @throws {CliError} `SWEEPS` when nothing is known of it, or the source cannot be read.
   */
  find(path: string): Promise<ScanPlace>;
}
