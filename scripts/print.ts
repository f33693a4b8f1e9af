/** Lines for people and programs, from scripts. */

function write(stream: typeof Deno.stdout, line: string): void {
  stream.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Writes a line to standard output: what the script is run for. */
export function print(line: string): void {
  write(Deno.stdout, line);
}

/** Writes a line to standard error: progress and what went wrong. */
export function tell(line: string): void {
  write(Deno.stderr, line);
}
