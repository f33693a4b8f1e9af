/** Golden videos and latents are channels first, batch in front; the networks take one sample each. */
import type { GoldenTensor } from "./golden_case.ts";

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * Cuts a batch into its samples.
 *
 * @param tensor `[batch, ...sample]`, or one sample alone.
 * @param rank Axes of a sample.
 * @returns The samples, without the batch axis.
 */
export function samplesOf({ shape, values }: GoldenTensor, rank: number): GoldenTensor[] {
  if (shape.length === rank) return [{ shape, values }];
  const sample = shape.slice(1);
  const size = sizeOf(sample);
  return Array.from({ length: shape[0] ?? 0 }, (_, index) => ({
    shape: sample,
    values: values.slice(index * size, (index + 1) * size),
  }));
}

/** Puts samples one behind the other. */
export function joined(samples: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(samples.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const sample of samples) {
    all.set(sample, offset);
    offset += sample.length;
  }
  return all;
}

/** `[channels, ...places]` to `[...places, channels]`. */
export function channelsLast({ shape, values }: GoldenTensor): GoldenTensor {
  const [channels = 1, ...places] = shape;
  const area = sizeOf(places);
  return {
    shape: [...places, channels],
    values: values.map((_, at) => values[(at % channels) * area + Math.floor(at / channels)] ?? 0),
  };
}

/** `[...places, channels]` to `[channels, ...places]`. */
export function channelsFirst(values: ArrayLike<number>, channels: number): Float64Array {
  const area = values.length / channels;
  return Float64Array.from(
    { length: values.length },
    (_, at) => values[(at % area) * channels + Math.floor(at / area)] ?? 0,
  );
}
