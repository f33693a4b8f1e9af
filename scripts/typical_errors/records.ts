/** The errors that tests usually have: a record for each adapter that they were taken on. */
import { fileNameOf } from "../file_name.ts";

/** Errors by the path of a test file and by what it compares. */
export type Records = Record<string, Record<string, number>>;

const root = new URL("../../", import.meta.url);

/** The record of the adapter that is here, a file that there may not be. */
export interface RecordFile {
  /** Its path from the project's folder. */
  readonly path: string;
  readonly url: URL;
}

/**
 * Finds the record. Compilers of shaders round and add up in their own ways, so that every adapter has
 * its own record, by the driver and its version.
 *
 * @returns Its file; none without an adapter.
 */
export async function recordFile(): Promise<RecordFile | undefined> {
  const info = (await navigator.gpu?.requestAdapter())?.info;
  if (!info?.description) return undefined;
  const path = `fixtures/typical_errors/${fileNameOf(info.description)}.json`;
  return { path, url: new URL(path, root) };
}

/** What a record says; nothing where there is no file. */
export function readRecords({ url }: RecordFile): Records | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(url));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The test file that runs, by its path from the project's folder. */
export function testFile(): string {
  return new URL(Deno.mainModule).pathname.slice(root.pathname.length);
}

/** What is compared, whatever its extents: those of one kind have one entry, the largest. */
export function kindOf(name: string): string {
  const words = name.replaceAll(/\[.*\]|\{.*\}|\b\d+(x\d+)*\b/g, "").replaceAll(/\s+/g, " ");
  return words.trim() || "values";
}
