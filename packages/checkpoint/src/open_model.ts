import { CheckpointError } from "./errors.ts";
import { FileSource } from "./file_source.ts";
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
  const address = modelAddress(model.file);
  await verify(address, model);
  return await openCheckpoint(address);
}

async function verify(address: URL, model: ModelEntry): Promise<void> {
  using source = await FileSource.open(address);
  const sameSize = source.size === model.bytes;
  const found = sameSize ? await sha256Hex(source) : `${source.size} bytes`;
  if (found === model.sha256) return;
  const expected = sameSize ? model.sha256 : `${model.bytes} bytes`;
  throw new CheckpointError(
    "WEIGHTS_CORRUPT",
    `Cannot load model ${model.id}: ${source.name} has ${found}, the registry expects ` +
      `${expected}. Restore the file.`,
  );
}
