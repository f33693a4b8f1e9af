/**
 * What kind of trouble a checkpoint is in: the file or key is not there, its bytes are damaged, only
 * code inside of it could make its weights, or its contents belong to another network.
 */
export type CheckpointErrorCode =
  | "WEIGHTS_MISSING"
  | "WEIGHTS_CORRUPT"
  | "WEIGHTS_UNSAFE"
  | "WEIGHTS_MISMATCH";

/**
 * Thrown when a checkpoint cannot be read or does not fit the network.
 *
 * @example
 * ```ts
 * import { CheckpointError } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const error = new CheckpointError("WEIGHTS_CORRUPT", "Cannot read a.safetensors: it is empty.");
 * assert.equal(error.code, "WEIGHTS_CORRUPT");
 * ```
 */
export class CheckpointError extends Error {
  /** The name of the class, also in logs and across realms. */
  override readonly name = "CheckpointError";

  /**
   * Makes an error of one kind.
   *
   * @param code What kind of trouble.
   * @param message The whole sentence for a person.
   * @param problems One line per key when several keys are wrong at once.
   * @param options The underlying error as `cause`.
   */
  constructor(
    readonly code: CheckpointErrorCode,
    message: string,
    readonly problems: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The error of a file whose bytes are damaged or no checkpoint.
 *
 * @param name What messages call the file.
 * @param reason What is wrong with it.
 * @param cause The error that led to this one.
 * @returns A `WEIGHTS_CORRUPT` error.
 */
export function corruptFile(name: string, reason: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    "WEIGHTS_CORRUPT",
    `Cannot read ${name}: ${reason}. Fetch or export the file again.`,
    [],
    cause === undefined ? undefined : { cause },
  );
}

/** Longest name of a callable in a message. */
const LONGEST_CALLABLE = 80;

/**
 * The error of weights that a checkpoint describes as the result of a call.
 *
 * @param name What messages call the file.
 * @param weights What is made so, with its verb, such as `head.bias is`.
 * @param callable What would have to be called.
 * @returns A `WEIGHTS_UNSAFE` error.
 */
export function unsafeFile(name: string, weights: string, callable: string): CheckpointError {
  return new CheckpointError(
    "WEIGHTS_UNSAFE",
    `Cannot read ${name}: refusing to run code in the checkpoint, ${weights} made by ` +
      `${
        callable.slice(0, LONGEST_CALLABLE)
      }. Save its state_dict, or convert it to safetensors, ` +
      "where the file is trusted.",
  );
}
