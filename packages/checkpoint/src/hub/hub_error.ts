/** Why a hub did not give what was asked: access, absence, or trouble on the way. */
export type HubErrorCode = "HUB_DENIED" | "HUB_MISSING" | "HUB_FAILED";

/** Thrown when a hub does not give what was asked. */
export class HubError extends Error {
  /** The name of the class, also in logs and across realms. */
  override readonly name = "HubError";
  /** What went wrong, without a next step. */
  readonly summary: string;

  /**
   * Makes an error of one kind.
   *
   * @param code What kind of trouble.
   * @param what What was asked for.
   * @param reason Why it did not come.
   * @param hint One next step.
   * @param options The underlying error as `cause`.
   */
  constructor(
    readonly code: HubErrorCode,
    what: string,
    reason: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    const step = hint.charAt(0).toUpperCase() + hint.slice(1);
    super(`Cannot fetch ${what}: ${reason}. ${step}.`, options);
    this.summary = `cannot fetch ${what}: ${reason}`;
  }
}
