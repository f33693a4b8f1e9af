/** How often answers are right: shares of pictures for classes of pictures, overlaps for pixels. */

/** Counts of what was said of what is there. */
export class Confusion {
  readonly #classes: number;
  readonly #counts: Float64Array;

  /**
   * Counts nothing yet.
   *
   * @param classes Number of classes.
   */
  constructor(classes: number) {
    this.#classes = classes;
    this.#counts = new Float64Array(classes * classes);
  }

  /**
   * Counts answers.
   *
   * @param truth Classes that are there; numbers that are no class do not count.
   * @param answer Classes that were said.
   */
  add(truth: Uint32Array, answer: Uint32Array): void {
    truth.forEach((there, at) => {
      const said = answer[at] ?? this.#classes;
      if (there >= this.#classes || said >= this.#classes) return;
      const cell = there * this.#classes + said;
      this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
    });
  }

  /** Share of right answers; no number where nothing was counted. */
  get accuracy(): number {
    const all = this.#counts.reduce((sum, count) => sum + count, 0);
    let right = 0;
    for (let id = 0; id < this.#classes; id++) right += this.#at(id, id);
    return right / all;
  }

  /**
   * Mean over the classes that are there of intersection over union, all pictures together; no number
   * where nothing was counted.
   */
  get meanIou(): number {
    const overlaps: number[] = [];
    for (let id = 0; id < this.#classes; id++) {
      let [there, said] = [0, 0];
      for (let other = 0; other < this.#classes; other++) {
        there += this.#at(id, other);
        said += this.#at(other, id);
      }
      const both = this.#at(id, id);
      if (there > 0) overlaps.push(both / (there + said - both));
    }
    return overlaps.reduce((sum, value) => sum + value, 0) / overlaps.length;
  }

  #at(there: number, said: number): number {
    return this.#counts[there * this.#classes + said] ?? 0;
  }
}
