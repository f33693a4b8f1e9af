/** Reading the parts of a pickle from bytes, never beyond their end. */

import { type Budget, WEIGHT } from "./budget.ts";
import { PickleEndError, PickleError } from "./pickle_error.ts";

const UTF8 = new TextDecoder("utf-8");
const LATIN1 = new TextDecoder("latin1");
/** Longest whole number, in bytes. */
const LONGEST = 1024;

/** A place in some bytes. */
export class ByteCursor {
  /** Offset of the next byte. */
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** Starts at the first byte; texts, long numbers and views are paid for. */
  constructor(bytes: Uint8Array, readonly budget: Budget) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #advance(count: number): number {
    const start = this.at;
    if (count > this.#bytes.length - start) throw new PickleEndError();
    this.at = start + count;
    return start;
  }

  /** An unsigned byte. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** Two bytes. */
  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  /** Four bytes with sign. */
  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** A length of four bytes. */
  size32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A length of eight bytes. */
  size64(): number {
    const size = this.#view.getBigUint64(this.#advance(8), true);
    if (size > BigInt(this.#bytes.length)) throw new PickleEndError();
    return Number(size);
  }

  /** A double, most significant byte first. */
  f64be(): number {
    return this.#view.getFloat64(this.#advance(8));
  }

  /** A whole number of some bytes, least significant first, with sign. */
  long(count: number): number | bigint {
    if (count > LONGEST) throw new PickleError("a number is too long");
    this.budget.take(WEIGHT.number + count);
    const start = this.#advance(count);
    if (count === 0) return 0;
    const digits = this.#bytes.slice(start, start + count).reverse().toHex();
    const signed = BigInt.asIntN(8 * count, BigInt(`0x${digits}`));
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  /** Some bytes, as a view. */
  bytes(count: number): Uint8Array {
    const start = this.#advance(count);
    this.budget.take(WEIGHT.bytes);
    return this.#bytes.subarray(start, start + count);
  }

  /** Text of some bytes. */
  utf8(count: number): string {
    return this.#text(count, UTF8);
  }

  /** Text of some bytes, each of them a character. */
  latin1(count: number): string {
    return this.#text(count, LATIN1);
  }

  /** Text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleEndError();
    const text = this.utf8(end - this.at);
    this.at = end + 1;
    return text;
  }

  #text(count: number, decoder: TextDecoder): string {
    const start = this.#advance(count);
    const letters = this.#bytes.subarray(start, start + count);
    this.budget.take(WEIGHT.text + (isAscii(letters) ? count : 2 * count));
    return decoder.decode(letters);
  }

  /** Text between quotes up to the end of the line. */
  quoted(): string {
    const text = this.line().trim();
    const quote = text[0];
    if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) {
      throw new PickleError("a text has no quotes");
    }
    this.budget.take(2 * WEIGHT.text);
    return text.slice(1, -1);
  }
}

/** Texts with other letters may have two bytes for each. */
function isAscii(letters: Uint8Array): boolean {
  for (let at = 0; at < letters.length; at++) if ((letters[at] ?? 0) > 0x7f) return false;
  return true;
}
