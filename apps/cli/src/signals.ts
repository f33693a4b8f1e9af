import { removeTemporaries } from "./atomic_file.ts";
import { CliError } from "./errors.ts";

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** Listens for Ctrl-C: the first press stops the work in order, the second at once. */
export class Interrupts implements Disposable {
  readonly #controller = new AbortController();
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
    if (this.#controller.signal.aborted) {
      removeTemporaries();
      Deno.exit(130);
    }
    this.#controller.abort(
      new CliError("INTERRUPTED", "stopped by the user", {
        hint: "what was finished is kept; --skip-existing goes on from there",
      }),
    );
  }
}
