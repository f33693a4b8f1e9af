import { GpuError } from "../errors.ts";

/** What went wrong on the device, until those who wait for results have been told. */
export class Failures {
  #first: Error | null = null;
  #told: Error | null = null;
  #count = 0;
  #verdicts: Promise<void>[] = [];

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
   * Runs something alone, so that what WebGPU finds invalid in it is told by its name.
   *
   * @param device The device.
   * @param label The name.
   * @param run Submits work.
   */
  named(device: GPUDevice, label: string, run: () => void): void {
    device.pushErrorScope("validation");
    try {
      run();
    } finally {
      const verdict = device.popErrorScope().then((error) => {
        if (error) this.report(new GpuError(label, `Cannot run ${label}: ${error.message}`));
      }, () => {
        // The scope is lost with the device; the loss itself is reported by the context.
      });
      this.#verdicts.push(verdict);
    }
  }

  /** Resolves when it is known of everything that {@link Failures.named} ran. */
  async settled(): Promise<void> {
    const verdicts = this.#verdicts;
    this.#verdicts = [];
    await Promise.all(verdicts);
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
