/** Work that is done in bursts is measured over at least this long. */
const SHORTEST_SECONDS = 0.25;
/** Weight of the newest unit in the running mean of the speed. */
const NEWEST = 0.2;

/**
 * Estimates how long a run still takes from the speed of its latest units. The first unit does not count,
 * because it contains the compilation of shaders.
 */
export class Rate {
  #perSecond: number | undefined;
  /** Units done when the speed was measured last. */
  #measured = 0;
  /** Units done by now. */
  #done = 0;
  #updates = 0;
  #lastMs: number;
  readonly #startMs: number;

  /**
   * Starts to measure.
   *
   * @param nowMs The time of the start.
   */
  constructor(nowMs: number) {
    this.#startMs = nowMs;
    this.#lastMs = nowMs;
  }

  /**
   * Takes note of work done.
   *
   * @param done Units done since the start of the run.
   * @param nowMs The time.
   */
  update(done: number, nowMs: number): void {
    const seconds = (nowMs - this.#lastMs) / 1000;
    this.#done = done;
    if (done <= this.#measured || seconds < SHORTEST_SECONDS) return;
    const speed = (done - this.#measured) / seconds;
    this.#updates++;
    if (this.#updates > 1) {
      const weight = 1 - (1 - NEWEST) ** (done - this.#measured);
      this.#perSecond = this.#perSecond === undefined
        ? speed
        : this.#perSecond + weight * (speed - this.#perSecond);
    }
    this.#measured = done;
    this.#lastMs = nowMs;
  }

  /** Units a second, once it is known. */
  get perSecond(): number | undefined {
    return this.#perSecond;
  }

  /**
   * Seconds until a total is reached.
   *
   * @param total Units of the whole run.
   * @param nowMs The time.
   * @returns Undefined until three units or five seconds are done.
   */
  secondsLeft(total: number, nowMs: number): number | undefined {
    const known = this.#done >= 3 || nowMs - this.#startMs >= 5000;
    if (!known || this.#perSecond === undefined) return undefined;
    return Math.max(0, (total - this.#done) / this.#perSecond);
  }
}
