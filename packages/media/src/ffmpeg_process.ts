import { FfmpegError, FfmpegMissingError } from "./errors.ts";

const KEPT_LINES = 20;

/** How a child process is wired. */
export interface FfmpegProcessOptions {
  /** The program, as {@link findFfmpeg} gives it. */
  program: string;
  /** Its arguments. */
  args: string[];
  /** Whether frames will be written to its stdin. */
  stdin?: boolean;
  /** Whether its stdout will be read. */
  stdout?: boolean;
  /** What is being done, for error messages: `decode clip.mp4`. */
  action: string;
  /** Ends the child at once when it aborts; {@link FfmpegProcess.finished} then throws its reason. */
  signal?: AbortSignal | undefined;
}

/**
 * One ffmpeg or ffprobe child whose stderr is always drained and whose end is always awaited.
 *
 * It runs in its own session, so that Ctrl-C in a terminal reaches only the parent, which can then
 * close the encoder's input and get a finished file.
 */
export class FfmpegProcess {
  readonly #child: Deno.ChildProcess;
  readonly #action: string;
  readonly #stderr: Promise<void>;
  readonly #lines: string[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.kill();
  #ended = false;

  private constructor(child: Deno.ChildProcess, options: FfmpegProcessOptions) {
    this.#child = child;
    this.#action = options.action;
    this.#signal = options.signal;
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#stderr = this.#drain();
  }

  /**
   * Starts a child process.
   *
   * @param options Program, arguments, wiring.
   * @returns The running process.
   * @throws {FfmpegMissingError} When the program does not exist.
   */
  static start(options: FfmpegProcessOptions): FfmpegProcess {
    try {
      const child = new Deno.Command(options.program, {
        args: options.args,
        stdin: options.stdin ? "piped" : "null",
        stdout: options.stdout ? "piped" : "null",
        stderr: "piped",
        detached: true,
      }).spawn();
      return new FfmpegProcess(child, options);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new FfmpegMissingError(
        `Cannot ${options.action}: ${options.program} was not found.`,
        "Install ffmpeg or set FFMPEG_BIN to its path.",
      );
    }
  }

  /** The bytes that the child prints. */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#child.stdout;
  }

  /** The bytes that the child reads. */
  get stdin(): WritableStream<Uint8Array> {
    return this.#child.stdin;
  }

  /** The last lines of stderr so far, at most 20. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /**
   * Waits for the end of the child.
   *
   * @throws {FfmpegError} When it ended with a failure.
   */
  async finished(): Promise<void> {
    const status = await this.#end();
    this.#signal?.throwIfAborted();
    if (!status.success) throw new FfmpegError(this.#action, status.code, [...this.#lines]);
  }

  /** Ends the child at once and waits until the system has let it go. */
  async kill(): Promise<void> {
    if (!this.#ended) {
      try {
        this.#child.kill("SIGKILL");
      } catch {
        // It ended by itself a moment ago.
      }
    }
    await this.#end();
  }

  async #end(): Promise<Deno.CommandStatus> {
    const status = await this.#child.status;
    this.#ended = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    await this.#stderr;
    return status;
  }

  async #drain(): Promise<void> {
    let rest = "";
    const text = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const chunk of text) {
      const lines = (rest + chunk).split(/[\r\n]+/);
      rest = lines.pop() ?? "";
      this.#keep(lines);
    }
    this.#keep([rest]);
  }

  #keep(lines: string[]): void {
    for (const line of lines) if (line.trim() !== "") this.#lines.push(line.trim());
    if (this.#lines.length > KEPT_LINES) this.#lines.splice(0, this.#lines.length - KEPT_LINES);
  }
}
