/** Trying again what failed for a reason that may pass. */

/** How often and when. */
export interface RetryRule {
  /** Attempts that may fail one after the other without any progress. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; each later pause is twice as long. */
  readonly baseMs: number;
  /** Milliseconds after which a connection that gives nothing is given up. */
  readonly stallMs: number;
}

/** Pauses of 1, 2 and 4 seconds: a server that restarts is back, a person still waits. */
export const USUAL_RETRIES: RetryRule = { attempts: 4, baseMs: 1000, stallMs: 60_000 };
/** Longest pause that a server may ask for. */
const LONGEST_WAIT_MS = 120_000;

/** A failure that may pass. */
export class PassingFailure extends Error {
  /** The name of the class. */
  override readonly name = "PassingFailure";

  /** `waitMs` is the pause that the server asks for. */
  constructor(reason: string, readonly waitMs?: number, options?: ErrorOptions) {
    super(reason, options);
  }
}

/** Counts failures and waits between them. */
export class Retries {
  readonly #rule: RetryRule;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;

  /** Starts with no failure. */
  constructor(rule: RetryRule, signal: AbortSignal | undefined) {
    this.#rule = rule;
    this.#signal = signal;
  }

  /** Forgets the failures so far: there was progress. */
  reset(): void {
    this.#failures = 0;
  }

  /**
   * Waits before the next attempt.
   *
   * @param failure Why the last one failed.
   * @returns False when there is to be none.
   */
  async pause({ waitMs }: PassingFailure): Promise<boolean> {
    this.#failures++;
    if (this.#failures >= this.#rule.attempts) return false;
    const pause = waitMs ?? this.#rule.baseMs * 2 ** (this.#failures - 1);
    if (pause > LONGEST_WAIT_MS) return false;
    await sleep(pause, this.#signal);
    return true;
  }
}

/**
 * Reads `Retry-After`.
 *
 * @param header Seconds or a date.
 * @param nowMs The time.
 * @returns Milliseconds to wait, or undefined when the header says nothing usable.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
