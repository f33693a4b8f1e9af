import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { sizeText } from "@vicinity/tensor";
import { proveWritable } from "./atomic_file.ts";
import { CliError } from "./errors.ts";
import { removeEmptyFolders } from "./made_folders.ts";

/** The place that results need on a disk, and the place that there is. */
export interface DiskPlan {
  /** About so many bytes. */
  readonly neededBytes: number;
  /** So many are free. */
  readonly freeBytes: number;
}

/**
 * Compares the place that a result needs with what its disk has.
 *
 * @param target The result's path; its folder may still be missing.
 * @param neededBytes About how many bytes it takes.
 * @returns Both.
 */
export async function planDisk(target: string, neededBytes: number): Promise<DiskPlan> {
  return { neededBytes, freeBytes: await freeBytesIn(await folderAbove(target)) };
}

/**
 * The free space of a disk.
 *
 * @param folder A folder on it.
 * @returns Bytes that anybody may use.
 */
export async function freeBytesIn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Number(bavail) * Number(bsize);
}

/**
 * Refuses work whose result would not fit.
 *
 * @param target The result's path.
 * @param plan What it needs, and what there is.
 * @throws {CliError} `OUTPUT_NOSPACE`.
 */
export function requireSpace(target: string, { neededBytes, freeBytes }: DiskPlan): void {
  if (neededBytes <= freeBytes) return;
  const sizes = `need about ${sizeText(neededBytes)}, ${sizeText(freeBytes)} free`;
  throw new CliError("OUTPUT_NOSPACE", sizes, {
    file: target,
    hint: "free some space, or choose another disk with -o",
  });
}

/**
 * Finds out whether a result could be written; folders that this takes are gone afterwards.
 *
 * @param target The result's path.
 * @throws {CliError} `OUTPUT_DENIED`, `OUTPUT_NOSPACE`.
 */
export async function requireWritable(target: string): Promise<void> {
  try {
    await proveWritable(target);
  } finally {
    removeEmptyFolders();
  }
}

/** The nearest folder of a path that exists, or the file that is in its place. */
async function folderAbove(path: string): Promise<string> {
  const folder = dirname(path);
  try {
    await Deno.stat(folder);
    return folder;
  } catch {
    return folder === dirname(folder) ? folder : await folderAbove(folder);
  }
}
