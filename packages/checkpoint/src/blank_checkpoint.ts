import type { Checkpoint } from "./checkpoint.ts";
import { DTYPE_BYTES } from "./dtype.ts";
import { elementCount } from "./header.ts";

/** Bytes in a piece of a stream when the caller does not say. */
const CHUNK_BYTES = 4 << 20;

/**
 * A checkpoint like another, all of whose weights are zero: for finding out what a network takes
 * without reading its weights.
 *
 * @param checkpoint The other one.
 * @returns The same keys, types, shapes and texts.
 *
 * @example
 * ```ts
 * import {
 *   blankCheckpoint,
 *   memorySource,
 *   readCheckpoint,
 *   writeSafetensors,
 * } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const bytes = writeSafetensors([{ name: "bias", dtype: "F32", shape: [2], values: [1, 2] }]);
 * const blank = blankCheckpoint(await readCheckpoint(memorySource(bytes)));
 * assert.deepEqual(await blank.find("bias")?.float32(), Float32Array.of(0, 0));
 * ```
 */
export function blankCheckpoint(checkpoint: Checkpoint): Checkpoint {
  return {
    ...checkpoint,
    find: (key, expected) => {
      const weight = checkpoint.find(key, expected);
      if (weight === undefined) return undefined;
      const { dtype, shape } = weight;
      const count = elementCount(shape);
      const step = DTYPE_BYTES[dtype];
      return {
        dtype,
        shape,
        float32: () => Promise.resolve(new Float32Array(count)),
        async *chunks(chunkBytes = CHUNK_BYTES) {
          const whole = Math.max(1, Math.floor(chunkBytes / step)) * step;
          for (let left = count * step; left > 0; left -= whole) {
            yield await Promise.resolve(new Uint8Array(Math.min(left, whole)));
          }
        },
      };
    },
  };
}
