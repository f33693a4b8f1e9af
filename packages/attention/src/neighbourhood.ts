/**
 * Neighbourhoods: each token of a grid sees the same number of keys, its nearest ones along each
 * axis with a step, and at a border the neighbourhood slides inwards instead of being cut.
 */
import { ShapeError } from "@vicinity/tensor";

/** Extents along frames, rows and columns. */
export type Triple = readonly [number, number, number];

/** Each token sees its neighbours on a grid. */
export interface Neighbourhood {
  /** Tag of the union. */
  readonly kind: "neighbourhood";
  /** Frames, rows and columns of the grid; 1 where there is no such axis. */
  readonly grid: Triple;
  /** The same, made large enough for `kernel · dilation` on each axis. */
  readonly padded: Triple;
  /** Neighbours along each axis, odd. */
  readonly kernel: Triple;
  /** Distance between neighbours along each axis. */
  readonly dilation: Triple;
}

/** Options of {@link neighbourhood}. */
export interface NeighbourhoodOptions {
  /** Extents of the grid: columns, or rows and columns, or frames, rows and columns. */
  readonly grid: readonly number[];
  /** Neighbours along each axis, or one number for all axes; odd. */
  readonly kernel: number | readonly number[];
  /** Distance between neighbours along each axis, or one number for all axes; 1 when absent. */
  readonly dilation?: number | readonly number[];
  /**
   * Where the grid is smaller than `kernel · dilation`, places behind its end are seen as well, all
   * of them as the one key that follows the grid's tokens. Without it such a grid is an error.
   */
  readonly padding?: boolean;
}

/** The neighbours of a query. */
export interface Neighbours {
  /** Key tokens in raster order of the neighbourhood; the number of tokens for a padded place. */
  readonly tokens: readonly number[];
  /** Places in the table of relative biases, `[2·kernel-1, ...]` in raster order. */
  readonly biases: readonly number[];
}

/**
 * Neighbourhood attention with the window rule of NATTEN: for an index `r + g·dilation` in its
 * sub-sequence of length n the first neighbour is `clamp(g - (kernel-1)/2, 0, n - kernel)`.
 *
 * @param options Grid, kernel, dilation and padding.
 * @returns The vicinity; tokens in raster order.
 * @throws {ShapeError} If a kernel is even or a grid is smaller than `kernel · dilation`.
 *
 * @example
 * ```ts
 * import { keysOf, neighbourhood } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * const line = neighbourhood({ grid: [8], kernel: 3, dilation: 2 });
 * assert.deepEqual(keysOf(line, 0, { keys: 8 }), [0, 2, 4]);
 * assert.deepEqual(keysOf(line, 3, { keys: 8 }), [1, 3, 5]);
 * ```
 */
export function neighbourhood(options: NeighbourhoodOptions): Neighbourhood {
  const { padding = false } = options;
  const axes = options.grid.length;
  const perAxis = (value: number | readonly number[]) =>
    typeof value === "number" ? options.grid.map(() => value) : value;
  const [kernels, dilations] = [perAxis(options.kernel), perAxis(options.dilation ?? 1)];
  const whole = [...options.grid, ...kernels, ...dilations].every((value) =>
    Number.isInteger(value) && value > 0
  );
  const fits = axes >= 1 && axes <= 3 && kernels.length === axes && dilations.length === axes;
  if (!whole || !fits || kernels.some((kernel) => kernel % 2 === 0)) {
    throw new ShapeError(
      `Cannot make neighbourhoods of [${kernels}] with steps [${dilations}] on a grid ` +
        `[${options.grid}]: give 1 to 3 axes, odd kernels, and nothing below 1.`,
    );
  }
  const [grid, kernel, dilation] = [triple(options.grid), triple(kernels), triple(dilations)];
  const padded = mapTriple((a) => Math.max(grid[a], kernel[a] * dilation[a]));
  if (!padding && padded.some((extent, a) => extent !== grid[a])) {
    throw new ShapeError(
      `Cannot see neighbourhoods of [${kernels}] with steps [${dilations}] on a grid ` +
        `[${options.grid}]: it must be as large as their product, or ask for padding.`,
    );
  }
  return { kind: "neighbourhood", grid, padded, kernel, dilation };
}

/**
 * The neighbours of a query, by definition.
 *
 * @param vicinity The neighbourhood.
 * @param query Index of the query's token.
 * @returns Keys and places in the table of biases.
 */
export function neighboursOf(vicinity: Neighbourhood, query: number): Neighbours {
  const { grid, padded, kernel, dilation } = vicinity;
  const position = splitIndex(query, grid);
  const axes = mapTriple((a) => axisNeighbours(position[a], padded[a], kernel[a], dilation[a]));
  const [tokens, biases]: [number[], number[]] = [[], []];
  for (const z of axes[0]) {
    for (const y of axes[1]) {
      for (const x of axes[2]) {
        const inside = z.at < grid[0] && y.at < grid[1] && x.at < grid[2];
        tokens.push(
          inside ? (z.at * grid[1] + y.at) * grid[2] + x.at : grid[0] * grid[1] * grid[2],
        );
        biases.push(
          (z.bias * (2 * kernel[1] - 1) + y.bias) * (2 * kernel[2] - 1) + x.bias,
        );
      }
    }
  }
  return { tokens, biases };
}

function axisNeighbours(index: number, length: number, kernel: number, dilation: number) {
  const residue = index % dilation;
  const g = (index - residue) / dilation;
  const count = Math.ceil((length - residue) / dilation);
  const first = Math.min(Math.max(g - (kernel - 1) / 2, 0), count - kernel);
  return Array.from({ length: kernel }, (_, k) => ({
    at: residue + (first + k) * dilation,
    bias: first + k - g + kernel - 1,
  }));
}

function splitIndex(index: number, [, rows, cols]: Triple): Triple {
  const row = Math.floor(index / cols);
  return [Math.floor(row / rows), row % rows, index % cols];
}

/** One number for each axis. */
export function mapTriple<T>(of: (axis: 0 | 1 | 2) => T): [T, T, T] {
  return [of(0), of(1), of(2)];
}

function triple(values: readonly number[]): Triple {
  const [x = 1, y = 1, z = 1] = values.toReversed();
  return [z, y, x];
}
