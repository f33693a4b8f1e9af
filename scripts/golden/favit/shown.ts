/** What files hold of a tensor: all of it, values at even distances, five statistics. */
import type { Gpu, Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, joined } from "../layout.ts";
import type { Produced } from "../runner.ts";
import { STATISTICS, type Tolerance } from "../tolerance.ts";

/** A tensor and the name that a file has for it. */
export interface Named {
  readonly name: string;
  readonly tensor: Tensor;
  /** Whether the file has its channels before its rows and columns. */
  readonly planar?: boolean;
  /** Where the kind's own tolerance does not hold. */
  readonly tolerance?: Tolerance;
}

/**
 * Reads tensors and gives what a file holds of them.
 *
 * @param gpu Where they are.
 * @param golden The file.
 * @param named The tensors.
 */
export async function* shown(
  gpu: Gpu,
  golden: GoldenCase,
  named: readonly Named[],
): AsyncGenerator<Produced> {
  const asked = named.filter(({ name }) =>
    ["", ".slice", ".stats"].some((ending) => golden.has(name + ending))
  );
  const read = await gpu.read(asked.map(({ tensor }) => tensor));
  for (const [index, { name, tensor, planar = false, tolerance }] of asked.entries()) {
    const values = planar ? planesOf(read[index] ?? [], tensor.shape) : read[index] ?? [];
    yield* shownValues(golden, name, values, tolerance);
  }
}

/** What a file holds of values in its own layout. */
export function* shownValues(
  golden: GoldenCase,
  name: string,
  values: ArrayLike<number>,
  tolerance?: Tolerance,
): Generator<Produced> {
  const own = tolerance ? { tolerance } : {};
  if (golden.has(name)) yield { name, values, ...own };
  if (golden.has(`${name}.slice`)) {
    const slice = `${name}.slice`;
    yield { name: slice, values: slicedTo(golden, slice, values), ...own };
  }
  if (golden.has(`${name}.stats`)) {
    yield { name: `${name}.stats`, values: statisticsOf(values), tolerance: STATISTICS };
  }
}

/** As many values at even distances as a tensor of the file has. */
export function slicedTo(
  golden: GoldenCase,
  name: string,
  values: ArrayLike<number>,
): Float64Array {
  const count = golden.file.entry(name).shape[0] ?? 0;
  return Float64Array.from(
    { length: count },
    (_, index) => values[Math.floor(index * values.length / count)] ?? NaN,
  );
}

/** `[batch, rows, cols, channels]` to `[batch, channels, rows, cols]`. */
export function planesOf(values: ArrayLike<number>, shape: readonly number[]): Float64Array {
  const [batch = 1] = shape;
  const channels = shape.at(-1) ?? 1;
  const all = Float64Array.from(Array.from(values));
  const size = all.length / batch;
  return joined(Array.from(
    { length: batch },
    (_, index) => channelsFirst(all.subarray(index * size, (index + 1) * size), channels),
  ));
}

/** Mean, population standard deviation, mean magnitude, least and largest value. */
function statisticsOf(values: ArrayLike<number>): number[] {
  let [sum, magnitude, least, most] = [0, 0, Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    sum += value;
    magnitude += Math.abs(value);
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += ((values[i] ?? NaN) - mean) ** 2;
  return [mean, Math.sqrt(squares / values.length), magnitude / values.length, least, most];
}
