import { headerLine } from "./header_lines.ts";
import { damaged, type PointFile, truncated } from "./point_file.ts";
import type { ScalarType } from "./scalar_types.ts";

/** A property of an element. */
export interface PlyProperty {
  /** Its name. */
  readonly name: string;
  /** Type of its numbers. */
  readonly type: ScalarType;
  /** Type of the number of numbers, for lists. */
  readonly countType?: ScalarType;
}

/** A kind of thing that a PLY file lists. */
export interface PlyElement {
  /** Its name, such as `vertex`. */
  readonly name: string;
  /** How many there are. */
  readonly count: number;
  /** What each of them has. */
  readonly properties: readonly PlyProperty[];
}

/** What the header of a PLY file says. */
export interface PlyHeader {
  /** How the elements are stored. */
  readonly encoding: "ascii" | "binary_little_endian" | "binary_big_endian";
  /** The elements, in order. */
  readonly elements: readonly PlyElement[];
  /** Byte after the header. */
  readonly start: number;
}

const TYPES: Readonly<Record<string, ScalarType>> = {
  char: "int8",
  int8: "int8",
  uchar: "uint8",
  uint8: "uint8",
  short: "int16",
  int16: "int16",
  ushort: "uint16",
  uint16: "uint16",
  int: "int32",
  int32: "int32",
  uint: "uint32",
  uint32: "uint32",
  float: "float32",
  float32: "float32",
  double: "float64",
  float64: "float64",
};

const ENCODINGS = ["ascii", "binary_little_endian", "binary_big_endian"] as const;

interface Draft {
  name: string;
  count: number;
  properties: PlyProperty[];
}

/**
 * Reads the header of a PLY file.
 *
 * @param file The file.
 * @returns What it says.
 */
export function readPlyHeader(file: PointFile): PlyHeader {
  const elements: Draft[] = [];
  let encoding: PlyHeader["encoding"] | undefined;
  let at = 0;
  while (true) {
    const line = headerLine(file.bytes, at);
    if (line === undefined) throw truncated(file, "its header has no end_header");
    at = line.next;
    const [keyword, ...words] = line.text.trim().split(/\s+/);
    if (keyword === "end_header") break;
    if (keyword === "format") encoding = ENCODINGS.find((known) => known === words[0]);
    else if (keyword === "element") elements.push(elementOf(file, line.text, words));
    else if (keyword === "property") {
      const element = elements.at(-1);
      if (element === undefined) throw damaged(file, `its header begins with "${line.text}"`);
      element.properties.push(propertyOf(file, line.text, words));
    }
  }
  if (encoding === undefined) throw damaged(file, "its header has no known format");
  return { encoding, elements, start: at };
}

function elementOf(file: PointFile, line: string, [name = "", count = ""]: string[]): Draft {
  if (!/^\d+$/.test(count)) throw damaged(file, `its header has the line "${line}"`);
  return { name, count: Number(count), properties: [] };
}

function propertyOf(file: PointFile, line: string, words: readonly string[]): PlyProperty {
  const list = words[0] === "list";
  const [countName = "", typeName = "", name = ""] = list ? words.slice(1) : ["uchar", ...words];
  const [countType, type] = [TYPES[countName], TYPES[typeName]];
  if (countType === undefined || type === undefined || name === "") {
    throw damaged(file, `its header has the line "${line}"`);
  }
  return list ? { name, type, countType } : { name, type };
}
