import { InputEmptyError } from "../errors.ts";
import { cloudOfTable } from "./cloud_of_table.ts";
import { readDelimitedText } from "./delimited_text.ts";
import { notPoints, pointFormat } from "./detect_format.ts";
import { readFloatBin } from "./float_bin.ts";
import { readLas } from "./las.ts";
import { readLaz } from "./laz.ts";
import { readNpyPoints } from "./npy_points.ts";
import { readNpz } from "./npz.ts";
import { readPcd } from "./pcd.ts";
import { readPly } from "./ply.ts";
import type { PointCloud } from "./point_cloud.ts";
import { type PointFile, pointFile } from "./point_file.ts";
import type { PointLayout } from "./point_layout.ts";
import type { PointFormat, PointTable } from "./point_table.ts";

/** What is known about a file beside its bytes. */
export interface ReadPointsOptions {
  /** Its name, for messages and for the ending of files of bare floats. */
  readonly name: string;
  /** What its columns mean; only for files that have no names for them. */
  readonly layout?: PointLayout | undefined;
  /**
   * What to subtract from its coordinates, in double precision. If absent, whole numbers are
   * subtracted from axes whose coordinates single precision would blur, as those of LAS files.
   */
  readonly origin?: readonly [x: number, y: number, z: number] | undefined;
}

type Reader = (file: PointFile) => PointTable | Promise<PointTable>;

const READERS: Readonly<Record<PointFormat, Reader>> = {
  bin: readFloatBin,
  las: readLas,
  laz: readLaz,
  npy: readNpyPoints,
  npz: readNpz,
  pcd: readPcd,
  ply: readPly,
  text: readDelimitedText,
};

/**
 * Reads the columns of a file of points as they are, in the precision that they are stored in.
 *
 * @param bytes The whole file.
 * @param options Its name, and what its columns mean.
 * @returns Its columns; they refer to the bytes, which must not change.
 * @throws {MediaError} As {@linkcode readPoints} does.
 */
export async function readPointTable(
  bytes: Uint8Array,
  { name, layout }: ReadPointsOptions,
): Promise<PointTable> {
  return await tableOf(pointFile(bytes, name, layout));
}

async function tableOf(file: PointFile): Promise<PointTable> {
  const { bytes, name } = file;
  if (bytes.length === 0) {
    throw new InputEmptyError(
      `Cannot read ${name}: the file is empty (0 bytes).`,
      "Copy or download it again.",
    );
  }
  const format = pointFormat(bytes, name);
  if (format === undefined) throw notPoints(bytes, name);
  return await READERS[format](file);
}

/**
 * Reads a file of points: bare float32 (KITTI, nuScenes, any layout), NPY, NPZ, PCD, PLY, LAS, LAZ
 * or text. The kind is told by the content, not by the name. Points with a coordinate that is not
 * finite are dropped; the report says how many.
 *
 * @param bytes The whole file.
 * @param options Its name, what its columns mean, and an origin.
 * @returns The points; none for a file of no points.
 * @throws {InputEmptyError} If there are no bytes.
 * @throws {NotPointsError} If it is a picture, a video or a checkpoint.
 * @throws {PointsLayoutError} If it is not known what its columns mean.
 * @throws {PointsTruncatedError} If it ends too early.
 * @throws {PointsDamagedError} If it contradicts itself.
 * @throws {PointsCodecError} If it is a variant of its format that cannot be read.
 *
 * @example
 * ```ts
 * import { readPoints } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const rows = Float32Array.of(1, 2, 3, 0.5, 4, NaN, 6, 0.25);
 * const cloud = await readPoints(new Uint8Array(rows.buffer), { name: "scan.bin" });
 * assert.deepEqual([...cloud.positions], [1, 2, 3]);
 * assert.equal(cloud.report.dropped, 1);
 * ```
 */
export async function readPoints(
  bytes: Uint8Array,
  options: ReadPointsOptions,
): Promise<PointCloud> {
  const file = pointFile(bytes, options.name, options.layout);
  return cloudOfTable(file, await tableOf(file), options.origin);
}
