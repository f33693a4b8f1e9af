import { GpuError } from "@vicinity/tensor";
import type { CliError } from "./errors.ts";
import type { Progress } from "./progress.ts";
import { errorDocument, errorLines, type Warning } from "./report.ts";
import { paint } from "./terminal.ts";

/** How much a run says to people. */
export interface VoiceOptions {
  /** Errors only. */
  readonly quiet: boolean;
  /** Stack traces too, and shaders that did not compile. */
  readonly debug: boolean;
  /** Lines are JSON, like the progress around them. */
  readonly json: boolean;
}

/** What a run says to people, on standard error and around the progress bar. */
export class Voice {
  readonly #progress: Progress;
  readonly #options: VoiceOptions;

  /**
   * Speaks through a progress display, so that lines do not tear its bar.
   *
   * @param progress The display.
   * @param options How much to say.
   */
  constructor(progress: Progress, options: VoiceOptions) {
    this.#progress = progress;
    this.#options = options;
  }

  /** Says one line. */
  say(line: string): void {
    if (this.#options.quiet) return;
    const { json } = this.#options;
    this.#progress.message(json ? JSON.stringify({ event: "message", text: line }) : line);
  }

  /** Says that something is odd. */
  warn(warning: Warning): void {
    if (this.#options.quiet) return;
    const { json } = this.#options;
    const line = `warning[${warning.code}]: ${warning.message}`;
    this.#progress.message(
      json ? JSON.stringify({ event: "warning", ...warning }) : paint("yellow", line),
    );
  }

  /** Says what failed. */
  fail(error: CliError): void {
    if (this.#options.json) {
      this.#progress.message(JSON.stringify({ event: "error", ...errorDocument(error) }));
      return;
    }
    const [first = "", ...rest] = errorLines(error);
    const trace = this.#options.debug ? traceOf(error) : [];
    for (const line of [paint("red", first), ...rest, ...trace]) this.#progress.message(line);
  }
}

function traceOf(error: CliError): string[] {
  const traces: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    traces.push(at.stack ?? "");
    if (at instanceof GpuError && at.wgsl !== undefined) traces.push(numbered(at.wgsl));
  }
  return traces;
}

/** A shader with the numbers of its lines, which compilers speak of. */
function numbered(text: string): string {
  const lines = text.split("\n");
  const width = `${lines.length}`.length;
  return lines.map((line, index) => `${`${index + 1}`.padStart(width)} | ${line}`).join("\n");
}
