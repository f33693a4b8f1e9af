import { PointsCodecError } from "../errors.ts";
import { damaged, type PointFile, truncated } from "./point_file.ts";
import type { Field } from "./point_table.ts";
import { SCALAR_BYTES, type ScalarType } from "./scalar_types.ts";

const MAGIC_BYTES = 6;
const MOST_HEADER_BYTES = 1 << 20;
const MOST_PARTS = 1024;

/** What the header of a `.npy` file says. */
export interface NpyHeader {
  /** One scalar type, or the fields of a record. */
  readonly type: NpyType;
  /** Whether the first axis varies fastest. */
  readonly fortran: boolean;
  /** Extents. */
  readonly shape: readonly number[];
  /** Byte of the first element. */
  readonly start: number;
}

/** Elements of a `.npy` file. */
export interface NpyType {
  /** Named fields; one without a name for plain numbers. */
  readonly fields: readonly Field[];
  /** Bytes of an element. */
  readonly bytes: number;
}

/**
 * Reads the header of a `.npy` file, versions 1 to 3.
 *
 * @param file The file.
 * @returns What it says.
 */
export function readNpyHeader(file: PointFile): NpyHeader {
  const { bytes, view } = file;
  if (bytes.length < MAGIC_BYTES + 4) throw truncated(file, `it has ${bytes.length} bytes`);
  const major = view.getUint8(MAGIC_BYTES);
  if (major < 1 || major > 3) throw damaged(file, `version ${major} of NPY does not exist`);
  const at = MAGIC_BYTES + 2;
  if (major > 1 && bytes.length < at + 4) throw truncated(file, `it has ${bytes.length} bytes`);
  const length = major === 1 ? view.getUint16(at, true) : view.getUint32(at, true);
  const start = at + (major === 1 ? 2 : 4);
  if (length > MOST_HEADER_BYTES) throw damaged(file, `its header would have ${length} bytes`);
  if (start + length > bytes.length) throw truncated(file, `its header has ${length} bytes`);
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  const header = parseLiteral(file, text);
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw damaged(file, "its header is no dictionary");
  }
  const { descr, fortran_order: fortran, shape } = header as Record<string, unknown>;
  if (typeof fortran !== "boolean") throw damaged(file, "its header has no fortran_order");
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
    throw damaged(file, "its header has no shape");
  }
  return { type: typeOf(file, descr), fortran, shape, start: start + length };
}

/**
 * Reads a Python literal of strings, numbers, booleans, None, tuples, lists and dictionaries by
 * turning it into JSON; strings are set aside first, so that nothing inside them is changed.
 */
function parseLiteral(file: PointFile, text: string): unknown {
  const strings: string[] = [];
  const bare = text.replace(/'([^'\\]*)'|"([^"\\]*)"/g, (_, single, double) => {
    strings.push(single ?? double ?? "");
    return `"${strings.length - 1}"`;
  });
  const json = bare
    .replace(/\(/g, "[").replace(/\)/g, "]")
    .replace(/\bTrue\b/g, "true").replace(/\bFalse\b/g, "false").replace(/\bNone\b/g, "null")
    .replace(/(\d)L\b/g, "$1")
    .replace(/,\s*([\]}])/g, "$1");
  try {
    return JSON.parse(json, function (_key, value) {
      if (typeof value === "string") return strings[Number(value)];
      if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, entry]) => [strings[Number(key)] ?? key, entry]),
      );
    });
  } catch {
    throw damaged(file, `its header is unreadable: ${text.trim().slice(0, 80)}`);
  }
}

const KINDS: Readonly<Record<string, ScalarType>> = {
  f2: "float16",
  f4: "float32",
  f8: "float64",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  b1: "uint8",
};

interface Scalar {
  /** Undefined for padding. */
  readonly type: ScalarType | undefined;
  readonly bytes: number;
  readonly littleEndian: boolean;
}

function scalarOf(file: PointFile, descr: unknown): Scalar {
  const match = typeof descr === "string" ? /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(descr) : null;
  const [, order = "", kind = "", digits = ""] = match ?? [];
  const padding = kind === "V" ? Number(digits) : 0;
  if (padding > 0) return { type: undefined, bytes: padding, littleEndian: true };
  const type = KINDS[`${kind}${digits}`];
  if (type === undefined) {
    throw new PointsCodecError(
      `Cannot read ${file.name}: its numbers are of the type ${JSON.stringify(descr)}.`,
      "Save it as float32, for example with array.astype('float32').",
    );
  }
  return { type, bytes: SCALAR_BYTES[type], littleEndian: order !== ">" };
}

function typeOf(file: PointFile, descr: unknown): NpyType {
  if (!Array.isArray(descr)) {
    const { type, bytes, littleEndian } = scalarOf(file, descr);
    if (type === undefined) throw damaged(file, "its elements have no type");
    return { fields: [{ name: "", type, at: 0, littleEndian }], bytes };
  }
  const fields: Field[] = [];
  let at = 0;
  for (const entry of descr) {
    const [title, descrOfField, shape = []] = Array.isArray(entry) ? entry : [];
    const { type, bytes, littleEndian } = scalarOf(file, descrOfField);
    const count = [shape].flat().reduce((product: number, n: unknown) => product * Number(n), 1);
    if (!(count >= 1 && count <= MOST_PARTS)) throw damaged(file, `${title} has no shape`);
    const name = Array.isArray(title) ? String(title.at(-1)) : String(title);
    for (let index = 0; index < count; index++, at += bytes) {
      if (type !== undefined) {
        fields.push({ name: partName(name, index, count), type, at, littleEndian });
      }
    }
  }
  return { fields, bytes: at };
}

const AXES = ["x", "y", "z"];
const TRIPLES = /^(xyz|points?|positions?|coordinates|coords?)$/i;

/** Name of one number of a field; three numbers under one name are x, y and z. */
function partName(name: string, index: number, count: number): string {
  if (count === 1) return name;
  if (count >= 3 && TRIPLES.test(name)) return AXES[index] ?? `${name}_${index}`;
  return `${name}_${index}`;
}
