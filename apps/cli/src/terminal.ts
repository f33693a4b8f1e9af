import { styleText } from "node:util";
import { toCliError } from "./to_cli_error.ts";

const encoder = new TextEncoder();
const NARROWEST = 20;
const USUAL_COLUMNS = 80;

/**
 * Writes text for people, to standard error. Where nobody reads it any more, the work goes on without.
 *
 * @param text The text with its line breaks.
 */
export function writeStderr(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/**
 * Writes data to standard output.
 *
 * @param data Bytes, or text that becomes UTF-8.
 * @throws {CliError} `STDOUT_CLOSED` when nobody reads any more.
 */
export async function writeStdout(data: Uint8Array | string): Promise<void> {
  const bytes = typeof data === "string" ? encoder.encode(data) : data;
  try {
    for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
  } catch (error) {
    throw toCliError(error);
  }
}

/**
 * Says whether standard error understands cursor commands.
 *
 * @returns False for files, pipes and `TERM=dumb`.
 */
export function stderrIsTerminal(): boolean {
  return Deno.stderr.isTerminal() && Deno.env.get("TERM") !== "dumb";
}

/**
 * The width of the terminal.
 *
 * @returns Columns; 80 when there is no terminal or it does not know.
 */
export function terminalColumns(): number {
  try {
    const { columns } = Deno.consoleSize();
    return columns < NARROWEST ? USUAL_COLUMNS : columns;
  } catch {
    return USUAL_COLUMNS;
  }
}

/**
 * Colours a text for standard error, if colours are wanted there.
 *
 * @param style The colour.
 * @param text The text.
 * @returns The text, with or without colour.
 */
export function paint(style: "red" | "yellow" | "dim", text: string): string {
  const wanted = stderrIsTerminal() && !Deno.env.get("NO_COLOR");
  return wanted ? styleText(style, text, { validateStream: false }) : text;
}
