/** How the server tells a page what a folder holds. */

/** An entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

/** A header of answers that are no file, but the entries of a folder as JSON. */
export const FOLDER_HEADER = "x-folder";
