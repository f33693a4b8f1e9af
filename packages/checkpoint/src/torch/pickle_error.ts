/** Thrown for bytes that are no pickle; callers name the file. */
export class PickleError extends Error {
  /** The name of the class. */
  override readonly name = "PickleError";
}

/** Thrown when the bytes end inside a pickle. */
export class PickleEndError extends PickleError {
  /** Says so. */
  constructor() {
    super("it ends too early");
  }
}
