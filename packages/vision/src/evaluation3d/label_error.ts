/** Labels that cannot be read. */
export class LabelError extends Error {
  /** Stable code for programs. */
  readonly code = "LABELS";
  /** Name of the class, for messages. */
  override readonly name = "LabelError";
}
