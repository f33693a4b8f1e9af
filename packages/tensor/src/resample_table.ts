/** Tables of one-dimensional resizing, made on the host in float64: one kernel serves all rules. */
import { ShapeError } from "./errors.ts";

/** Kernels of resizing. */
export type ResampleFilter = "nearest" | "bilinear" | "bicubic" | "lanczos" | "box";

/** How positions of the output look into the input. */
export interface ResampleRule {
  /** The kernel. */
  readonly filter: ResampleFilter;
  /**
   * `pillow`: bicubic with a = −0.5, a support that widens with the reduction, weights cut at the
   * border and scaled back to 1; nearest takes the input under the centre of the output, which
   * PyTorch calls nearest-exact. `torch`: bicubic with a = −0.75, positions outside take the
   * border's value; nearest takes the input under the first edge. `pillow` when absent.
   */
  readonly convention?: "pillow" | "torch";
  /**
   * `torch` only: the first and last positions of input and output coincide; with `antialias` only the
   * step from one position to the next is that of this rule, as PyTorch has it.
   */
  readonly alignCorners?: boolean;
  /** `torch` only: a support that widens with the reduction, as `pillow` always has it. */
  readonly antialias?: boolean;
}

/** For each output position, which inputs count and how much. */
export interface ResampleTable {
  /** First input of each output position. */
  readonly first: Int32Array<ArrayBuffer>;
  /** Number of inputs that each position has room for. */
  readonly taps: number;
  /** Row-major `[outputs, taps]`, each row adds up to 1 and ends in zeros if it needs fewer. */
  readonly weights: Float64Array<ArrayBuffer>;
}

interface Kernel {
  readonly support: number;
  readonly weight: (x: number) => number;
}

/** Keys' cubic. */
function cubic(a: number): Kernel {
  return {
    support: 2,
    weight: (x) => {
      const t = Math.abs(x);
      if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
      return t < 2 ? a * (((t - 5) * t + 8) * t - 4) : 0;
    },
  };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

const LANCZOS: Kernel = {
  support: 3,
  weight: (x) => Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0,
};
const BILINEAR: Kernel = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };
const BOX: Kernel = { support: 0.5, weight: (x) => x > -0.5 && x <= 0.5 ? 1 : 0 };

/** Inputs and weights of one output position. */
interface Row {
  readonly start: number;
  readonly weights: readonly number[];
}

/**
 * Tabulates a one-dimensional resize.
 *
 * @param from Input length.
 * @param to Output length.
 * @param rule Kernel and convention.
 * @param part Which outputs are wanted; all when absent.
 * @returns The table of `to` rows, or of those that are wanted.
 * @throws {ShapeError} If a length is no whole number of at least 1, or PyTorch lacks the kernel.
 *
 * @example
 * ```ts
 * import { resampleTable } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...resampleTable(4, 2, { filter: "box" }).weights], [0.5, 0.5, 0.5, 0.5]);
 * ```
 */
export function resampleTable(
  from: number,
  to: number,
  rule: ResampleRule,
  { start, count }: { readonly start: number; readonly count: number } = { start: 0, count: to },
): ResampleTable {
  if (![from, to].every((length) => Number.isInteger(length) && length > 0)) {
    throw new ShapeError(`Cannot resize ${from} positions to ${to}: give at least one of each.`);
  }
  const rowAt = rowsOf(from, to, rule);
  const rows = Array.from({ length: count }, (_, index) => rowAt(start + index));
  const taps = rows.reduce((most, { weights }) => Math.max(most, weights.length), 1);
  const weights = new Float64Array(count * taps);
  for (const [position, row] of rows.entries()) weights.set(row.weights, position * taps);
  return { first: Int32Array.from(rows, ({ start }) => start), taps, weights };
}

function rowsOf(from: number, to: number, rule: ResampleRule): (position: number) => Row {
  const { filter, convention = "pillow", alignCorners = false, antialias = false } = rule;
  if (filter === "nearest") {
    const within = convention === "pillow" ? 0.5 : 0;
    return (position) => ({
      start: Math.min(from - 1, Math.floor((position + within) * (from / to))),
      weights: [1],
    });
  }
  if (convention === "torch" && (filter === "lanczos" || filter === "box")) {
    throw new ShapeError(
      `Cannot resize with ${filter} by torch's rule: use the pillow convention.`,
    );
  }
  const a = convention === "pillow" || antialias ? -0.5 : -0.75;
  const kernel = filter === "bicubic"
    ? cubic(a)
    : filter === "lanczos"
    ? LANCZOS
    : filter === "bilinear"
    ? BILINEAR
    : BOX;
  const isAligned = convention === "torch" && alignCorners;
  const step = !isAligned ? from / to : to === 1 ? 0 : (from - 1) / (to - 1);
  if (convention === "pillow" || antialias) {
    return (position) => cutRow(from, (position + 0.5) * step, kernel, step);
  }
  const centre = (position: number) => isAligned ? position * step : (position + 0.5) * step - 0.5;
  const clamp = filter === "bilinear" && !isAligned;
  return (position) => {
    const at = centre(position);
    return repeatedRow(from, clamp ? Math.max(0, at) : at, kernel);
  };
}

/** Weights are cut at the border and scaled back to 1; `centre` counts edges, not pixel centres. */
function cutRow(from: number, centre: number, kernel: Kernel, scale: number): Row {
  const stretch = Math.max(1, scale);
  const support = kernel.support * stretch;
  const start = Math.max(0, Math.trunc(centre - support + 0.5));
  const end = Math.min(from, Math.trunc(centre + support + 0.5));
  const raw = Array.from(
    { length: end - start },
    (_, k) => kernel.weight((start + k - centre + 0.5) / stretch),
  );
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return { start, weights: raw.map((weight) => weight / sum) };
}

/** Positions outside take the border's value: their weights are added to the border's. */
function repeatedRow(from: number, centre: number, kernel: Kernel): Row {
  const first = Math.floor(centre) - kernel.support + 1;
  const count = 2 * kernel.support;
  const inside = (k: number) => Math.min(from - 1, Math.max(0, first + k));
  const start = inside(0);
  const weights = Array.from({ length: inside(count - 1) - start + 1 }, () => 0);
  for (let k = 0; k < count; k++) {
    const slot = inside(k) - start;
    weights[slot] = (weights[slot] ?? 0) + kernel.weight(first + k - centre);
  }
  return { start, weights };
}

/**
 * The table of two resizes of an axis one after the other.
 *
 * @param first The resize that comes first.
 * @param second The one of its result.
 * @returns One table from the inputs of `first` to the outputs of `second`.
 *
 * @example
 * ```ts
 * import { composeTables, resampleTable } from "@vicinity/tensor";
 *
 * const rule = { filter: "bilinear", convention: "torch" } as const;
 * const table = composeTables(resampleTable(2, 4, rule), resampleTable(4, 2, rule));
 * console.assert(table.weights.slice(0, table.taps).reduce((sum, weight) => sum + weight) === 1);
 * ```
 */
export function composeTables(first: ResampleTable, second: ResampleTable): ResampleTable {
  const rows = Array.from(second.first, (start, output) => {
    const row = new Map<number, number>();
    for (let tap = 0; tap < second.taps; tap++) {
      const outer = second.weights[output * second.taps + tap] ?? 0;
      if (outer === 0) continue;
      for (let inner = 0; inner < first.taps; inner++) {
        const weight = first.weights[(start + tap) * first.taps + inner] ?? 0;
        if (weight === 0) continue;
        const input = (first.first[start + tap] ?? 0) + inner;
        row.set(input, (row.get(input) ?? 0) + outer * weight);
      }
    }
    return row;
  });
  const starts = rows.map((row) => Math.min(...row.keys()));
  const taps = rows.reduce(
    (most, row, output) => Math.max(most, Math.max(...row.keys()) - (starts[output] ?? 0) + 1),
    1,
  );
  const weights = new Float64Array(rows.length * taps);
  rows.forEach((row, output) => {
    for (const [input, weight] of row) {
      weights[output * taps + input - (starts[output] ?? 0)] = weight;
    }
  });
  return { first: Int32Array.from(starts), taps, weights };
}

/**
 * Some of the outputs of a table.
 *
 * @param table The table.
 * @param start First output.
 * @param count Number of outputs.
 * @returns A table of these outputs.
 */
export function sliceTable(table: ResampleTable, start: number, count: number): ResampleTable {
  const { first, taps, weights } = table;
  return {
    first: first.slice(start, start + count),
    taps,
    weights: weights.slice(start * taps, (start + count) * taps),
  };
}

/**
 * The same outputs from last to first.
 *
 * @param table The table.
 * @returns A table of as many outputs.
 *
 * @example
 * ```ts
 * import { mirrorTable, resampleTable } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([...mirrorTable(resampleTable(3, 3, { filter: "nearest" })).first], [2, 1, 0]);
 * ```
 */
export function mirrorTable({ first, taps, weights }: ResampleTable): ResampleTable {
  const count = first.length;
  const mirrored = new Float64Array(weights.length);
  for (let output = 0; output < count; output++) {
    const from = count - 1 - output;
    mirrored.set(weights.subarray(from * taps, (from + 1) * taps), output * taps);
  }
  return { first: first.toReversed(), taps, weights: mirrored };
}
