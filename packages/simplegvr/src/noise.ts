/**
 * Mixes 32 bits so that neighbouring counters give unrelated results.
 *
 * @param value Any integer; only its low 32 bits count.
 * @returns An unsigned 32-bit integer.
 *
 * @example
 * ```ts
 * import { hash32 } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.equal(hash32(0), 0);
 * ```
 */
export function hash32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Hashes a name with the 32-bit FNV-1a function.
 *
 * @param name Any text; its UTF-8 bytes are hashed.
 * @returns An unsigned 32-bit integer.
 *
 * @example
 * ```ts
 * import { fnv1a32 } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.equal(fnv1a32("a"), 0xe40c292c);
 * ```
 */
export function fnv1a32(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * Gives one number of the uniform stream that a name opens.
 *
 * @param name The stream, such as a weight's full key.
 * @param index Place in the stream, 0 ≤ index < 2^32.
 * @returns A number strictly between −1 and 1.
 *
 * @example
 * ```ts
 * import { hashUniform } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(hashUniform("input.z", 0)) < 1);
 * ```
 */
export function hashUniform(name: string, index: number): number {
  return uniformAt(fnv1a32(name), index);
}

/**
 * Gives the start of the uniform stream that a name opens.
 *
 * @param name The stream.
 * @param count Numbers wanted.
 * @returns Numbers strictly between −1 and 1, as {@link hashUniform} gives them one by one.
 *
 * @example
 * ```ts
 * import { hashUniform, hashUniforms } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * assert.equal(hashUniforms("input.z", 3)[2], hashUniform("input.z", 2));
 * ```
 */
export function hashUniforms(name: string, count: number): Float64Array<ArrayBuffer> {
  const key = fnv1a32(name);
  const values = new Float64Array(count);
  for (let index = 0; index < count; index++) values[index] = uniformAt(key, index);
  return values;
}

function uniformAt(key: number, index: number): number {
  return ((hash32(hash32(index) ^ key) >>> 8) + 0.5) / 2 ** 23 - 1;
}

/** Which noise: the start of sampling, or the one mixed into the condition. */
export type NoisePurpose = "noise" | "aug";

/** The part of the noise of a clip that is wanted. */
export interface NoiseBlock {
  /** Any whole number; another seed gives other noise. */
  readonly seed: number;
  /** What the noise is for; the purposes are independent. */
  readonly purpose: NoisePurpose;
  /** Absolute number of the first latent frame. */
  readonly firstFrame: number;
  /** `[channels, frames, rows, cols]`, rows and cols of the whole latent grid. */
  readonly shape: readonly [number, number, number, number];
}

/**
 * Makes Gaussian noise from a counter, so that the same frame gets the same noise however a clip is
 * cut, tiled or resumed.
 *
 * @param block Seed, purpose, first frame and shape.
 * @returns Normal numbers, row-major in `[channels, frames, rows, cols]`.
 *
 * @example
 * ```ts
 * import { counterNoise } from "@vicinity/simplegvr";
 * import assert from "node:assert/strict";
 *
 * const both = counterNoise({ seed: 1, purpose: "noise", firstFrame: 0, shape: [1, 2, 1, 1] });
 * const later = counterNoise({ seed: 1, purpose: "noise", firstFrame: 1, shape: [1, 1, 1, 1] });
 * assert.equal(both[1], later[0]);
 * ```
 */
export function counterNoise(block: NoiseBlock): Float32Array<ArrayBuffer> {
  const { seed, purpose, firstFrame, shape: [channels, frames, rows, cols] } = block;
  const keyA = fnv1a32(`${seed}:${purpose}:a`);
  const keyB = fnv1a32(`${seed}:${purpose}:b`);
  const noise = new Float32Array(channels * frames * rows * cols);
  let next = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let frame = firstFrame; frame < firstFrame + frames; frame++) {
      const start = (frame * channels + channel) * rows * cols;
      for (let position = 0; position < rows * cols; position++) {
        const mixed = hash32((start + position) % 2 ** 32);
        const radius = Math.sqrt(-2 * Math.log(halfOpenUnit(mixed ^ keyA)));
        noise[next++] = radius * Math.cos(2 * Math.PI * halfOpenUnit(mixed ^ keyB));
      }
    }
  }
  return noise;
}

function halfOpenUnit(mixed: number): number {
  return ((hash32(mixed) >>> 8) + 0.5) / 2 ** 24;
}
