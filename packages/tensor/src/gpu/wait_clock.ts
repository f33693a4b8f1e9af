/** How long anybody waited for the GPU. */
export class WaitClock {
  readonly #now: () => number;
  #waiting = 0;
  #startMs = 0;
  #ms = 0;

  /** @param now Tells the time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Milliseconds of all waits so far; waits at the same time count once. */
  get ms(): number {
    return this.#waiting === 0 ? this.#ms : this.#ms + this.#now() - this.#startMs;
  }

  /** Counts what a call blocks for: software drivers do their work while it is submitted. */
  blocking<T>(call: () => T): T {
    const start = this.#now();
    try {
      return call();
    } finally {
      if (this.#waiting === 0) this.#ms += this.#now() - start;
    }
  }

  /** Counts a wait, from before it begins: some runtimes wait before they give a promise. */
  async during<T>(wait: () => Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) this.#startMs = this.#now();
    try {
      return await wait();
    } finally {
      if (--this.#waiting === 0) this.#ms += this.#now() - this.#startMs;
    }
  }
}
