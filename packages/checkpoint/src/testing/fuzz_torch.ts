/** Damaged files of PyTorch: each gives an error of ours or a result, and never hangs or crashes. */
import { CheckpointError } from "../errors.ts";
import { memorySource } from "../source.ts";
import { TorchFile } from "../torch/torch_file.ts";

/** Numbers in [0, 1), the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A copy with some bytes changed, cut off, repeated or moved. */
function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = () => Math.floor(random() * bytes.length);
  const copy = bytes.slice();
  for (let change = Math.floor(random() * 8); change >= 0; change--) {
    copy[at()] = Math.floor(random() * 256);
  }
  const kind = random();
  if (kind < 0.1) return copy.subarray(0, at());
  if (kind < 0.2) copy.copyWithin(at(), at(), at());
  return copy;
}

/**
 * Reads damaged copies of a file.
 *
 * @param bytes An intact file.
 * @param count How many copies.
 * @param seed Decides the damage.
 * @returns How many could be read all the same.
 * @throws Whatever a copy throws that is no {@link CheckpointError}.
 */
export async function fuzzTorch(bytes: Uint8Array, count: number, seed: number): Promise<number> {
  const random = randomOf(seed);
  let read = 0;
  for (let copy = 0; copy < count; copy++) {
    try {
      const file = await TorchFile.open(memorySource(damaged(bytes, random)));
      for (const key of file.keys()) {
        const values = await file.find(key)?.float32();
        if ((values?.byteLength ?? 0) > 16 * bytes.length) {
          throw new RangeError(`${key} of copy ${copy} has ${values?.byteLength} bytes`);
        }
      }
      read++;
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
    }
  }
  return read;
}
