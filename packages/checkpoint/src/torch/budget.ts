/**
 * What reading a file of PyTorch may allocate. A byte of a pickle can ask for hundreds of bytes of
 * objects, and a short call for a copy of a long text, so everything that is made is paid for from
 * an account that the size of the file fills.
 */
import { PickleError } from "./pickle_error.ts";

/** Bytes that may be allocated for a byte of the file. */
const SHARE = 2;
/** Bytes that any file may have beside that. */
const SPARE = 4 << 20;
/**
 * Bytes more for each storage that the pickle names, up to a sum. The objects of a tensor weigh some
 * 2 KB, more than the file has for a number in a tensor of its own; larger tensors bring what theirs
 * need. The sum is what 65,536 such numbers take, and all that a hostile file can gain by it.
 */
const PER_STORAGE = 2 << 10;
const MOST_FOR_STORAGES = 128 << 20;

/**
 * Most bytes that may be held while a file is read.
 *
 * @param fileBytes Size of the file.
 * @param storages Storages that its pickle names.
 * @returns Twice as many, and room for the objects of small tensors.
 */
export function memoryLimit(fileBytes: number, storages = 0): number {
  return SHARE * fileBytes + SPARE + Math.min(MOST_FOR_STORAGES, PER_STORAGE * storages);
}

/**
 * What things weigh in V8 at most, in bytes; tables and lists with the room that they grow into and
 * the shorter ones that they grow out of.
 */
export const WEIGHT = {
  /** A place in the stack, the memo or a list. */
  slot: 24,
  /** A number that is no small integer. */
  number: 24,
  /** A text without its letters. */
  text: 32,
  /** A list without its places. */
  list: 224,
  /** A tuple without its places. */
  tuple: 64,
  /** A place in a tuple. */
  field: 8,
  /** A dictionary without its entries. */
  dictionary: 224,
  /** An entry of a dictionary, with the lists of keys that readers of checkpoints make. */
  entry: 256,
  /** An object with a few fields. */
  object: 64,
  /** An array of bytes without its bytes. */
  bytes: 192,
} as const;

/** An account of bytes. What is dropped again is not paid back: it costs time all the same. */
export class Budget {
  #left: number;
  #storages = 0;

  /** Fills the account of a file of `fileBytes`. */
  constructor(readonly fileBytes: number) {
    this.#left = memoryLimit(fileBytes);
  }

  /** Fills the account for a storage that was not named before. */
  admitStorage(): void {
    const before = memoryLimit(this.fileBytes, this.#storages++);
    this.#left += memoryLimit(this.fileBytes, this.#storages) - before;
  }

  /** Pays before something of a weight is made. */
  take(weight: number): void {
    this.#left -= weight;
    if (this.#left >= 0) return;
    throw new PickleError(
      `what it describes would take more memory than ${SHARE} times its ${this.fileBytes} bytes`,
    );
  }
}
