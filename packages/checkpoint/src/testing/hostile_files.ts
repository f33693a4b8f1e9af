/** Files of PyTorch that ask for much with few bytes. */

/** The start of a file from before 1.6: magic number, protocol version, and an empty system. */
export const LEGACY_START = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." +
  "\x80\x02M\xe9\x03.\x80\x02}.";
/** The end of a pickle, and the names of no storages. */
const LEGACY_END = ".\x80\x02].";

/** A pickle out of a start and what follows it again and again; a letter is a byte. */
export interface HostilePickle {
  readonly start?: string;
  readonly again: string;
}

/** Four bytes, the least first. */
export function size32(value: number): string {
  return String.fromCharCode(...new Uint8Array(new Uint32Array([value]).buffer));
}

/** A text of a type that says its length, remembered as 0. */
function longText(letters: string): string {
  return `X${size32(letters.length)}${letters}q\0`;
}

const LONG = 1 << 16;
const LONG_TEXT = longText("x".repeat(LONG));
/** One letter beyond Latin makes V8 take two bytes for each. */
const WIDE_TEXT = "\xe2\x82\xac" + "x".repeat(61);
/** A list of many items, remembered as 0. */
const LONG_LIST = `](${"N".repeat(LONG)}eq\0`;
/** A tensor without numbers, and the call that makes it, remembered as 0 and 1. */
const TENSOR = "ctorch._utils\n_rebuild_tensor_v2\nq\0" +
  "((U\x07storagectorch\nFloatStorage\nU\x01aU\x03cpuK\0tQK\0(K\0t(K\x01ttq\x01";

/** Pickles that take all kinds of operations to excess, by what they do. */
export const HOSTILE_PICKLES: ReadonlyMap<string, HostilePickle> = new Map([
  ["empty dictionaries", { again: "}" }],
  ["empty lists", { again: "]" }],
  ["empty tuples", { again: ")" }],
  ["empty sets", { again: "\x8f" }],
  ["dictionaries of marks", { again: "(d" }],
  ["lists of marks", { again: "(l" }],
  ["marks", { again: "(" }],
  ["values", { again: "N" }],
  ["doubles", { again: "G\x3f\xf1\x99\x99\x99\x99\x99\x9a" }],
  ["integers", { again: "J\xff\xff\xff\x7f" }],
  ["long integers", { again: `\x8a\xff${"\x7f".repeat(255)}` }],
  ["numbers of digits", { again: `L${"7".repeat(400)}L\n` }],
  ["tuples in tuples", { start: "N", again: "\x85" }],
  ["lists in lists", { start: "]", again: "]a" }],
  ["tuples of three", { again: "NNN\x87" }],
  ["lists of one", { again: "]Na" }],
  ["entries with short keys", { start: "}", again: "G\x3f\xf1\x99\x99\x99\x99\x99\x9aNs" }],
  ["repeated entries", { start: "}", again: "U\x01aNs" }],
  ["repeated tops", { start: "}", again: "2" }],
  ["repeated memories", { start: "]q\0", again: "h\0" }],
  ["a list in itself", { start: "]q\0", again: "h\0a" }],
  ["memories", { start: "N", again: "\x94" }],
  ["far memories", { start: "N", again: `r${size32(LONG)}` }],
  ["impossible memories", { start: "N", again: `r${size32(0xffffffff)}` }],
  ["empty texts", { again: "U\0" }],
  ["lines", { again: "V\n" }],
  ["wide texts", { again: `U${String.fromCharCode(64)}${WIDE_TEXT}` }],
  ["damaged texts", { again: `X${size32(1000)}${"\xff".repeat(1000)}` }],
  ["empty bytes", { again: "C\0" }],
  ["claimed texts", { again: `X${size32(0x7fffffff)}` }],
  ["claimed longer texts", { again: `\x8d${size32(0)}${size32(0x7fffffff)}` }],
  ["claimed bytes", { again: `\x8e${size32(0xffffffff)}\0\0\0\0` }],
  ["claimed integers", { again: `\x8b${size32(0x7fffffff)}` }],
  ["names", { again: "ca\nb\n" }],
  ["names of long texts", { start: LONG_TEXT, again: "h\0h\0\x93" }],
  ["foreign calls", { start: "cos\nsystem\nq\0", again: "h\0)R" }],
  ["calls by a long name", { start: `${LONG_TEXT}h\0\x93q\x01`, again: "h\x01)R0" }],
  ["foreign objects", { again: "(ia\nb\n" }],
  ["bytes of a long text", {
    start: `${LONG_TEXT}\x85q\x01c_codecs\nencode\nq\x02`,
    again: "h\x02h\x01R0",
  }],
  ["dictionaries of a long list", {
    start: `${LONG_LIST}\x85q\x01ccollections\nOrderedDict\nq\x02`,
    again: "h\x02h\x01R0",
  }],
  ["sets of a long list", {
    start: `${LONG_LIST}\x85q\x01cbuiltins\nset\nq\x02`,
    again: "h\x02h\x01R0",
  }],
  ["tensors", { start: TENSOR, again: "h\0h\x01R" }],
  ["a long text in lists of lists of the metadata", {
    start: `${LONG_TEXT}0](${"h\0".repeat(1000)}eq\x010}U\x04meta}U\x01a](${
      "h\x01".repeat(1000)
    }ess`,
    again: "N0",
  }],
]);

/**
 * Writes a file from before 1.6 of about some length.
 *
 * @param pickle What its pickle does.
 * @param length Bytes of the file.
 * @returns The file.
 */
export function hostileLegacy({ start = "", again }: HostilePickle, length: number): Uint8Array {
  const head = latin1(`${LEGACY_START}\x80\x02${start}`);
  const tail = latin1(LEGACY_END);
  const piece = latin1(again);
  const count = Math.max(0, Math.floor((length - head.length - tail.length) / piece.length));
  const file = new Uint8Array(head.length + count * piece.length + tail.length);
  file.set(head);
  const body = file.subarray(head.length, file.length - tail.length);
  body.set(piece.subarray(0, body.length));
  for (let filled = piece.length; filled < body.length; filled *= 2) {
    body.copyWithin(filled, 0, Math.min(filled, body.length - filled));
  }
  file.set(tail, file.length - tail.length);
  return file;
}

/**
 * Writes a file from before 1.6 that names storage after storage, each of which brings room for objects.
 *
 * @param length Bytes of the file, about.
 * @returns The file.
 */
export function hostileStorages(length: number): Uint8Array {
  const start = "ctorch\nFloatStorage\nq\0U\x07storageq\x01";
  const storage = (key: number) => `(h\x01h\0U\x05${key.toString(36).padStart(5, "0")}NK\0tQ`;
  const count = Math.floor(length / storage(0).length);
  const again = Array.from({ length: count }, (_, key) => storage(key)).join("");
  return latin1(`${LEGACY_START}\x80\x02${start}${again}${LEGACY_END}`);
}

/**
 * Puts some pickles together.
 *
 * @param random Decides which; numbers in [0, 1).
 * @returns One that does what they do, one after the other, again and again.
 */
export function mixedPickle(random: () => number): HostilePickle {
  const pickles = [...HOSTILE_PICKLES.values()];
  const parts = Array.from(
    { length: 1 + Math.floor(4 * random()) },
    () => pickles[Math.floor(pickles.length * random())] ?? { again: "" },
  );
  return {
    start: parts.map(({ start = "" }) => start).join(""),
    again: parts.map(({ again }) => again).join(""),
  };
}

/** Fixed parts of an archive: of a file in it, of its entry in the directory, and of the end. */
const ARCHIVE = { file: 30, entry: 46, end: 22 };
/** Letters of a name; they tell the entries apart. */
const NAME_LETTERS = 4;

/**
 * Writes an archive that is nothing but a directory, all of whose entries lie in one place.
 *
 * @param length Bytes of the archive, about.
 * @returns The file.
 */
export function hostileArchive(length: number): Uint8Array {
  const size = ARCHIVE.entry + NAME_LETTERS;
  const count = Math.floor((length - ARCHIVE.file - ARCHIVE.end) / size);
  const file = new Uint8Array(ARCHIVE.file + count * size + ARCHIVE.end);
  const view = new DataView(file.buffer);
  file.set(latin1("PK\x03\x04"));
  for (let entry = 0; entry < count; entry++) {
    const at = ARCHIVE.file + entry * size;
    file.set(latin1("PK\x01\x02"), at);
    view.setUint16(at + 28, NAME_LETTERS, true);
    file.set(latin1(entry.toString(36).padStart(NAME_LETTERS, "0")), at + ARCHIVE.entry);
  }
  const end = ARCHIVE.file + count * size;
  file.set(latin1("PK\x05\x06"), end);
  view.setUint16(end + 8, count, true);
  view.setUint16(end + 10, count, true);
  view.setUint32(end + 12, count * size, true);
  view.setUint32(end + 16, ARCHIVE.file, true);
  return file;
}

/** Letters as bytes. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
