/**
 * Checkpoints from the file system of Deno; kept apart from the rest so that browsers need not load
 * it.
 *
 * @module
 */
export { FileSource } from "./file_source.ts";
export {
  CONFIG_FILE,
  type OpenCheckpoint,
  openCheckpoint,
  type OpenOptions,
  WEIGHT_FILES,
} from "./open_checkpoint.ts";
export { openModel } from "./open_model.ts";
export { type OpenSafetensors, openSafetensors } from "./open_safetensors.ts";
