import { CliError } from "@vicinity/cli";
import { type KittiTruth, LabelError, parseBoxLabels, parseKittiLabels } from "@vicinity/vision";
import type { Calibration } from "../results/calibration.ts";
import { fileFor } from "../stem_pattern.ts";

/** What label files in a folder end in, the first that is there. */
const ENDINGS = [".labels.json", ".json", ".txt"];

/** The labels of a scan. */
export interface ScanLabels {
  /** The things that are there, in the axes of the scan's file. */
  readonly truth: readonly KittiTruth[];
  /** Whether they come with what KITTI's protocol needs. */
  readonly isKitti: boolean;
}

/**
 * Reads the labels of a scan: JSON with boxes, or a label file of KITTI.
 *
 * @param pattern The value of `--eval`: a file, a folder, or a path with `{stem}`.
 * @param stem The scan's name without ending.
 * @param calibration The camera, for KITTI's files.
 * @returns The labels.
 * @throws {CliError} `LABELS` when there are none or they cannot be read.
 */
export async function readLabels(
  pattern: string,
  stem: string,
  calibration: Calibration | undefined,
): Promise<ScanLabels> {
  const { path, text } = await readFirst(pattern, stem);
  const isKitti = !text.trimStart().startsWith("{");
  try {
    return { isKitti, truth: isKitti ? parseKittiLabels(text, calibration) : parseBoxLabels(text) };
  } catch (error) {
    if (!(error instanceof LabelError)) throw error;
    throw new CliError("LABELS", error.message, { file: path, cause: error });
  }
}

async function readFirst(pattern: string, stem: string) {
  const tried: string[] = [];
  for (const ending of ENDINGS) {
    const path = await fileFor(pattern, stem, ending);
    try {
      return { path, text: await Deno.readTextFile(path) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      tried.push(path);
    }
  }
  throw new CliError("LABELS", "the labels of the scan are not there", {
    file: tried[0],
    hint: "give a file, a folder with <stem>.labels.json, .json or .txt, or a path with {stem}",
  });
}
