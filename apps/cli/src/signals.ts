import { CliError } from "./errors.ts";
import { removeTemporaries } from "./temporaries.ts";

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * A terminal signals every process of its group and `deno task` passes signals on, so one press of
 * Ctrl-C may arrive twice; what comes within this time counts as the same press.
 */
const SAME_PRESS_MS = 1000;

/** Listens for Ctrl-C and for the end of the terminal: the first press stops the work in order, the second at once. */
export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
  #pressedAt = 0;
  readonly #listener = () => this.#interrupted();

  /** Starts to listen. */
  constructor() {
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#listener);
  }

  /** Aborts with an `INTERRUPTED` error at the first press. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#listener);
  }

  #interrupted(): void {
    const now = performance.now();
    if (this.#controller.signal.aborted) {
      if (now - this.#pressedAt < SAME_PRESS_MS) return;
      removeTemporaries();
      Deno.exit(130);
    }
    this.#pressedAt = now;
    this.#controller.abort(new CliError("INTERRUPTED", "stopped by the user"));
  }
}
