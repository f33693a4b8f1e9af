/** A line of a header, and where the next one begins. */
export interface HeaderLine {
  /** The line without its end. */
  readonly text: string;
  /** Byte after the end of the line. */
  readonly next: number;
}

const [LF, CR] = [10, 13];
const MOST_LINE_BYTES = 1 << 16;

/**
 * Reads a line that ends with LF, CR LF or the end of the file.
 *
 * @param bytes The file.
 * @param start Byte of the beginning of the line.
 * @returns The line; undefined at the end of the file and for lines that no header has.
 */
export function headerLine(bytes: Uint8Array, start: number): HeaderLine | undefined {
  if (start >= bytes.length) return undefined;
  const found = bytes.subarray(start, start + MOST_LINE_BYTES).indexOf(LF);
  if (found < 0 && bytes.length - start > MOST_LINE_BYTES) return undefined;
  const end = found < 0 ? bytes.length : start + found;
  const trimmed = end > start && bytes[end - 1] === CR ? end - 1 : end;
  const text = new TextDecoder("latin1").decode(bytes.subarray(start, trimmed));
  return { text, next: Math.min(bytes.length, end + 1) };
}
