/** How long anybody waited for the GPU. */
export class WaitClock {
  #waiting = 0;
  #startMs = 0;
  #ms = 0;

  /** Milliseconds of all waits that have ended; waits at the same time count once. */
  get ms(): number {
    return this.#ms;
  }

  /** Counts a wait, from before it begins: some runtimes wait before they give a promise. */
  async during<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) this.#startMs = performance.now();
    try {
      return await wait();
    } finally {
      if (--this.#waiting === 0) this.#ms += performance.now() - this.#startMs;
    }
  }
}
