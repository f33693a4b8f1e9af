import { CheckpointError } from "./errors.ts";
import { type OpenCheckpoint, openCheckpoint } from "./open_checkpoint.ts";
import { modelAddress, type ModelEntry } from "./registry.ts";
import { sha256Hex } from "./sha256.ts";

/**
 * Opens the weights of a registered model after comparing size and SHA-256 with the registry.
 *
 * @param model An entry of the project's registry.
 * @returns The checkpoint with its header checked; the caller disposes of it.
 * @throws {CheckpointError} `WEIGHTS_MISSING` when the file is absent, `WEIGHTS_CORRUPT` when its
 * contents are not the registered ones.
 */
export async function openModel(model: ModelEntry): Promise<OpenCheckpoint> {
  const checkpoint = await openCheckpoint(modelAddress(model.file));
  try {
    await verify(checkpoint, model);
    return checkpoint;
  } catch (error) {
    checkpoint[Symbol.dispose]();
    throw error;
  }
}

async function verify({ files }: OpenCheckpoint, model: ModelEntry): Promise<void> {
  for (const source of files) {
    const sameSize = source.size === model.bytes;
    const found = sameSize ? await sha256Hex(source) : `${source.size} bytes`;
    if (found === model.sha256) continue;
    const expected = sameSize ? model.sha256 : `${model.bytes} bytes`;
    throw new CheckpointError(
      "WEIGHTS_CORRUPT",
      `Cannot load model ${model.id}: ${source.name} has ${found}, the registry expects ` +
        `${expected}. Restore the file.`,
    );
  }
}
