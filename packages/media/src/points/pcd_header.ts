import { PointsCodecError } from "../errors.ts";
import { headerLine } from "./header_lines.ts";
import { damaged, type PointFile, truncated } from "./point_file.ts";
import { SCALAR_BYTES, type ScalarType } from "./scalar_types.ts";

/** One entry of FIELDS. */
export interface PcdField {
  /** Its name; `_` for padding. */
  readonly name: string;
  /** Type of its numbers. */
  readonly type: ScalarType;
  /** Numbers it has in a point. */
  readonly count: number;
}

/** What the header of a PCD file says. */
export interface PcdHeader {
  /** Fields in order, padding included. */
  readonly fields: readonly PcdField[];
  /** Points: POINTS, or WIDTH times HEIGHT where that is absent. */
  readonly points: number;
  /** WIDTH times HEIGHT, where both are there. */
  readonly area: number | undefined;
  /** How the points are stored. */
  readonly data: string;
  /** Byte after the header. */
  readonly start: number;
}

const TYPES: Readonly<Record<string, ScalarType>> = {
  F2: "float16",
  F4: "float32",
  F8: "float64",
  I1: "int8",
  I2: "int16",
  I4: "int32",
  I8: "int64",
  U1: "uint8",
  U2: "uint16",
  U4: "uint32",
  U8: "uint64",
};

/**
 * Reads the header of a PCD file, versions .5 to .7. The VIEWPOINT is the pose of the sensor, not a
 * motion still to be applied, so it is left aside.
 *
 * @param file The file.
 * @returns What it says.
 */
export function readPcdHeader(file: PointFile): PcdHeader {
  const entries = new Map<string, string[]>();
  let at = 0;
  while (!entries.has("DATA")) {
    const line = headerLine(file.bytes, at);
    if (line === undefined) throw truncated(file, "its header has no DATA");
    at = line.next;
    const [keyword = "", ...values] = line.text.trim().split(/\s+/);
    if (keyword !== "" && !keyword.startsWith("#")) entries.set(keyword.toUpperCase(), values);
  }
  const area = product(entries.get("WIDTH"), entries.get("HEIGHT") ?? ["1"]);
  const points = wholeNumber(entries.get("POINTS")) ?? area;
  if (points === undefined) throw damaged(file, "its header has neither POINTS nor WIDTH");
  const data = entries.get("DATA")?.[0]?.toLowerCase() ?? "";
  return { fields: fieldsOf(file, entries), points, area, data, start: at };
}

function wholeNumber(values: readonly string[] | undefined): number | undefined {
  const text = values?.[0] ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function product(width?: readonly string[], height?: readonly string[]): number | undefined {
  const [columns, rows] = [wholeNumber(width), wholeNumber(height)];
  return columns === undefined || rows === undefined ? undefined : columns * rows;
}

function fieldsOf(file: PointFile, entries: ReadonlyMap<string, string[]>): PcdField[] {
  const names = entries.get("FIELDS") ?? entries.get("COLUMNS") ?? [];
  const sizes = entries.get("SIZE") ?? [];
  const types = entries.get("TYPE") ?? [];
  const counts = entries.get("COUNT") ?? names.map(() => "1");
  if (names.length === 0) throw damaged(file, "its header has no FIELDS");
  for (const [keyword, list] of Object.entries({ SIZE: sizes, TYPE: types, COUNT: counts })) {
    if (list.length === names.length) continue;
    throw damaged(file, `its header has ${names.length} FIELDS, but ${list.length} ${keyword}`);
  }
  return names.map((name, at) => {
    const type = TYPES[`${types[at]?.toUpperCase()}${sizes[at]}`];
    const count = wholeNumber([counts[at] ?? ""]);
    if (type === undefined) {
      throw new PointsCodecError(
        `Cannot read ${file.name}: the field ${name} has the type ${types[at]} of ${sizes[at]} ` +
          "bytes, which PCD does not know.",
        "Write it again with fields of the types F, I or U.",
      );
    }
    if (!count) throw damaged(file, `the field ${name} has the COUNT ${counts[at]}`);
    return { name, type, count };
  });
}

/** Bytes of a field in a point. */
export function fieldBytes({ type, count }: PcdField): number {
  return SCALAR_BYTES[type] * count;
}

/** Names of the numbers of a field; none for padding. */
export function partNames({ name, count }: PcdField): string[] {
  if (name === "_") return [];
  return count === 1 ? [name] : Array.from({ length: count }, (_, part) => `${name}_${part}`);
}
