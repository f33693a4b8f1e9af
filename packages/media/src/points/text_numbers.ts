const [TAB, LF, CR, SPACE] = [9, 10, 13, 32];
const [PLUS, COMMA, MINUS, POINT, ZERO, SEMICOLON] = [43, 44, 45, 46, 48, 59];
const LOWER_E = 101;
const LOWER_CASE = 32;

/** Digits that a double holds exactly, and the largest power of ten that is exact as well. */
const [EXACT_DIGITS, EXACT_POWER] = [15, 22];
const POWERS = Array.from({ length: EXACT_POWER + 1 }, (_, power) => 10 ** power);

const NOT_FINITE = /^[+-]?(?:nan|inf(?:inity)?|1\.#\w+)$/i;

/** Whether a byte stands between numbers of a line. */
export function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === CR;
}

/** Whether a byte divides columns, at most one between two. */
export function isDivider(byte: number | undefined): boolean {
  return byte === COMMA || byte === SEMICOLON;
}

/** First byte at or after `at` that ends a number. */
export function tokenEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (isBlank(byte) || isDivider(byte) || byte === LF) break;
    at++;
  }
  return at;
}

/**
 * Reads a decimal number. Up to 15 digits and a small power of ten are one exact division or product
 * of exact numbers, rounded once, so the result is the nearest double; others go through `Number`.
 *
 * @param bytes The text.
 * @param start Its first byte.
 * @param end The byte after it.
 * @returns The number; NaN or an infinity where the text says so; undefined for other texts.
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  let [mantissa, digits, power] = [0, 0, 0];
  let fraction = false;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= ZERO && byte <= ZERO + 9) {
      mantissa = mantissa * 10 + byte - ZERO;
      digits++;
      if (fraction) power--;
    } else if (byte === POINT && !fraction) fraction = true;
    else break;
  }
  if (digits === 0 || digits > EXACT_DIGITS) return slowNumber(bytes, start, end);
  if (at < end) {
    const exponent = smallExponent(bytes, at, end);
    if (exponent === undefined) return slowNumber(bytes, start, end);
    power += exponent;
  }
  if (power < -EXACT_POWER || power > EXACT_POWER) return slowNumber(bytes, start, end);
  const scale = POWERS[Math.abs(power)] ?? 1;
  const value = power < 0 ? mantissa / scale : mantissa * scale;
  return negative ? -value : value;
}

/** An exponent of up to three digits, from its `e` on. */
function smallExponent(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (((bytes[at] ?? 0) | LOWER_CASE) !== LOWER_E) return undefined;
  at++;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  if (at >= end || end - at > 3) return undefined;
  let exponent = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    exponent = exponent * 10 + digit;
  }
  return negative ? -exponent : exponent;
}

function slowNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > 100) return undefined;
  const text = String.fromCharCode(...bytes.subarray(start, end));
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (!NOT_FINITE.test(text)) return undefined;
  return /inf/i.test(text) ? Infinity : NaN;
}

/** Whether a text is a number, or says that it is none or infinite; an absent one counts as NaN. */
export function isNumber(text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  return text === "" || parseNumber(bytes, 0, bytes.length) !== undefined;
}
