/** What went wrong on the device, until those who wait for results have been told. */
export class Failures {
  #first: Error | null = null;
  #told: Error | null = null;
  #count = 0;

  /** Where one is who begins to wait now, for {@link Failures.check}. */
  get mark(): number {
    return this.#count;
  }

  /**
   * Takes note of a failure; of several, the first is told.
   *
   * @param error What happened.
   * @param outranked Whether an earlier failure only followed from this one, which then takes its place.
   */
  report(error: Error, outranked: (earlier: Error) => boolean = () => false): void {
    if (!this.#first || outranked(this.#first)) this.#first = error;
  }

  /**
   * Throws what has failed. All who were waiting when it did are told: none may take its results for good.
   *
   * @param mark The mark when the caller began to wait.
   */
  check(mark: number): void {
    if (this.#first) {
      this.#told = this.#first;
      this.#first = null;
      this.#count++;
      throw this.#told;
    }
    if (this.#told && mark !== this.#count) throw this.#told;
  }
}
