/** Work that has to be done one after the other, such as runs of a plan that wait in between. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;

  /** Whether work waits or is being done. */
  get busy(): boolean {
    return this.#open > 0;
  }

  /**
   * Does work when all that came before is done, also where that failed.
   *
   * @param work What to do.
   * @returns What it gives.
   */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#open++;
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.#open--;
    }
  }
}
