import type { PlanRequest, Run } from "./command.ts";
import type { CliError } from "./errors.ts";
import { deviceInfo, type GpuChoice, idleLike, openGpu, roomOn } from "./gpu.ts";
import type { RunFrame } from "./report.ts";
import { toCliError } from "./to_cli_error.ts";
import type { Voice } from "./voice.ts";

/** Model and device as a dry run finds them. */
export interface Surroundings extends Partial<Pick<PlanRequest, "room" | "idleGpu">> {
  /** The device; null where there is none, or no model for it. */
  readonly device: RunFrame["device"];
  /** What would stop the real run. */
  readonly obstacle?: CliError;
}

/**
 * Finds out about model and device, and what would stop a run.
 *
 * @param run The run, of which nothing but the model is looked at.
 * @param choice The common options.
 * @param voice Told of what is odd.
 * @returns What was found.
 */
export async function findSurroundings(
  run: Pick<Run<never>, "checkModel">,
  choice: GpuChoice,
  voice: Voice,
): Promise<Surroundings> {
  try {
    await run.checkModel();
    using gpu = await openGpu(choice, (warning) => voice.warn(warning));
    return { device: deviceInfo(gpu), room: roomOn(gpu), idleGpu: idleLike(gpu) };
  } catch (error) {
    return { device: null, obstacle: toCliError(error) };
  }
}
