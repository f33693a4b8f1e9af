import {
  configure,
  type FileEntry,
  Uint8ArrayReader,
  Uint8ArrayWriter,
  ZipReader,
} from "@zip.js/zip.js";
import { PointsLayoutError } from "../errors.ts";
import { readNpyPoints } from "./npy_points.ts";
import { damaged, type PointFile, truncated } from "./point_file.ts";
import type { PointTable } from "./point_table.ts";
import { viewOf } from "./point_table.ts";

/** Deflate cannot pack tighter than this. */
const MOST_DEFLATE_RATIO = 1032;

/** Arrays of this name are the points, wherever they stand in the archive. */
const POINTS = "points.npy";

/**
 * Reads NumPy's `.npz`: the array `points`, or else the first one.
 *
 * @param file The file.
 * @returns Its columns.
 */
export async function readNpz(file: PointFile): Promise<PointTable> {
  configure({ useWebWorkers: false });
  const reader = new ZipReader(new Uint8ArrayReader(file.bytes));
  try {
    const entries = await reader.getEntries();
    const arrays = entries.filter((entry): entry is FileEntry =>
      !entry.directory && entry.filename.endsWith(".npy")
    );
    const entry = arrays.find(({ filename }) => filename === POINTS) ?? arrays[0];
    if (entry === undefined) {
      throw new PointsLayoutError(
        `Cannot read ${file.name} as points: the archive has no NumPy array.`,
        "Save the points with numpy.savez(file, points=array).",
      );
    }
    const bytes = await unpack(file, entry);
    const name = `${entry.filename} in ${file.name}`;
    const table = readNpyPoints({ ...file, bytes, view: viewOf(bytes), name });
    return { ...table, format: "npz" };
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Cannot ")) throw error;
    throw truncated(file, `its zip archive cannot be opened (${String(error)})`);
  } finally {
    await reader.close();
  }
}

async function unpack(file: PointFile, entry: FileEntry): Promise<Uint8Array> {
  const { compressedSize, uncompressedSize } = entry;
  if (uncompressedSize > MOST_DEFLATE_RATIO * compressedSize + MOST_DEFLATE_RATIO) {
    throw damaged(file, `${compressedSize} bytes cannot unpack to ${uncompressedSize}`);
  }
  return await entry.getData(new Uint8ArrayWriter(), { checkSignature: true });
}
