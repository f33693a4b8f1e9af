/** A golden file that cannot be run: damaged, unknown, or lacking what its kind needs. */
export class GoldenError extends Error {
  /** Name of the class, for messages. */
  override readonly name = "GoldenError";
}
