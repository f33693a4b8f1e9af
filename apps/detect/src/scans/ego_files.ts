import { CliError } from "@vicinity/cli";
import { type Matrix4, matrixOfPose, multiply4 } from "@vicinity/vision";
import * as v from "valibot";
import { fileFor } from "./stem_pattern.ts";

const NUMBER = v.pipe(v.number(), v.finite());
const POSE = v.object({
  translation: v.strictTuple([NUMBER, NUMBER, NUMBER]),
  rotation: v.strictTuple([NUMBER, NUMBER, NUMBER, NUMBER]),
});
const FILE = v.object({ lidar2ego: POSE, ego2global: POSE });

/**
 * Reads where a scan was taken, for results in the global frame.
 *
 * @param pattern The value of `--ego`: a file, a folder, or a path with `{stem}`.
 * @param stem The scan's name without ending.
 * @returns The motion from the scan to the global frame.
 * @throws {CliError} `CALIBRATION` when it is missing or cannot be read.
 */
export async function readEgo(pattern: string, stem: string): Promise<Matrix4> {
  const path = await fileFor(pattern, stem, ".json");
  let reason: string;
  try {
    const parsed = v.safeParse(FILE, JSON.parse(await Deno.readTextFile(path)));
    if (parsed.success) {
      const { lidar2ego, ego2global } = parsed.output;
      return multiply4(matrixOfPose(ego2global), matrixOfPose(lidar2ego));
    }
    const [issue] = parsed.issues;
    reason = `${v.getDotPath(issue) ?? "it"}: ${issue.message}`;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new CliError("CALIBRATION", `the pose of the scan cannot be read: ${reason}`, {
    file: path,
    hint: "give JSON with lidar2ego and ego2global, each with translation and rotation w, x, y, z",
  });
}
