import type { PublishedModel } from "@vicinity/vision";
import { join } from "node:path";
import { CliError } from "./errors.ts";
import { userPath } from "./paths.ts";

/** The variable that names a folder with weights. */
export const FOLDER_VARIABLE = "VISION_WEIGHTS";

/**
 * Finds the weights of a published model: the file of the authors' name in the folder that
 * `VISION_WEIGHTS` names or in `weights`.
 *
 * @param model The model.
 * @returns The path.
 * @throws {CliError} `WEIGHTS_MISSING` when the file is in none of these places, or has no name.
 */
export function findPublished({ id, file, source }: PublishedModel): string {
  const found = file === undefined ? undefined : findFile(file);
  if (found !== undefined) return found;
  const places = `, or put it into weights/ or the folder that ${FOLDER_VARIABLE} names`;
  throw new CliError("WEIGHTS_MISSING", `the weights of ${id} are not here`, {
    file,
    hint: `see ${source} for them; give the file with --weights${file === undefined ? "" : places}`,
  });
}

function findFile(name: string): string | undefined {
  const folder = Deno.env.get(FOLDER_VARIABLE);
  const places = [...(folder === undefined ? [] : [folder]), "weights"];
  return places.map((place) => join(userPath(place), name)).find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
