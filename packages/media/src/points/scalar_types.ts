/** A number as files store it. */
export type ScalarType =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "float32"
  | "float64";

/** Bytes of a number. */
export const SCALAR_BYTES: Readonly<Record<ScalarType, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
};

/** Where equally spaced numbers of one type lie. */
export interface Spaced {
  /** The bytes. */
  readonly view: DataView;
  /** Byte of the first number. */
  readonly start: number;
  /** Bytes from one number to the next. */
  readonly stride: number;
  /** Byte order. */
  readonly littleEndian: boolean;
}

type Fill = (spaced: Spaced, first: number, count: number, target: Float64Array) => void;

/**
 * A loop over one kind of getter; one a type, so that each stays a tight loop of machine code (a
 * getter that is looked up for every number makes reading four times slower).
 */
const FILLS: Readonly<Record<ScalarType, Fill>> = {
  int8: ({ view, start, stride }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getInt8(start + (first + row) * stride);
    }
  },
  uint8: ({ view, start, stride }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getUint8(start + (first + row) * stride);
    }
  },
  int16: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getInt16(start + (first + row) * stride, littleEndian);
    }
  },
  uint16: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getUint16(start + (first + row) * stride, littleEndian);
    }
  },
  int32: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getInt32(start + (first + row) * stride, littleEndian);
    }
  },
  uint32: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getUint32(start + (first + row) * stride, littleEndian);
    }
  },
  int64: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = Number(view.getBigInt64(start + (first + row) * stride, littleEndian));
    }
  },
  uint64: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = Number(view.getBigUint64(start + (first + row) * stride, littleEndian));
    }
  },
  float16: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getFloat16(start + (first + row) * stride, littleEndian);
    }
  },
  float32: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getFloat32(start + (first + row) * stride, littleEndian);
    }
  },
  float64: ({ view, start, stride, littleEndian }, first, count, target) => {
    for (let row = 0; row < count; row++) {
      target[row] = view.getFloat64(start + (first + row) * stride, littleEndian);
    }
  },
};

/**
 * Reads equally spaced numbers.
 *
 * @param type Their type; 64-bit integers beyond 2^53 are rounded.
 * @param spaced Where they lie.
 * @param first Number of the first that is wanted.
 * @param count How many are wanted.
 * @param target Gets them from its start.
 * @throws {RangeError} If they reach beyond the bytes.
 */
export function readScalars(
  type: ScalarType,
  spaced: Spaced,
  first: number,
  count: number,
  target: Float64Array,
): void {
  FILLS[type](spaced, first, count, target);
}
