/** Writes checkpoints in PyTorch's zip container. */
import { Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import { pickle, type Pickled } from "./pickle.ts";

/** A weight to be written. */
export interface WeightToWrite {
  /** Key. */
  readonly name: string;
  /** Extents. */
  readonly shape: readonly number[];
  /** Elements, row-major. */
  readonly values: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;
}

/** What a training framework wraps around the weights. */
export interface Around {
  /** Name under which the weights are. */
  readonly nest: string;
  /** What is beside them. */
  readonly beside: ReadonlyMap<string, Pickled>;
}

/**
 * Writes a file as `torch.save({...beside, [nest]: weights})` does.
 *
 * @param path Where to.
 * @param weights The weights, one at a time.
 * @param around What the framework wraps around them.
 */
export async function writeTorchArchive(
  path: string,
  weights: Iterable<WeightToWrite> | AsyncIterable<WeightToWrite>,
  { nest, beside }: Around,
): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const zip = new ZipWriter(file.writable, { level: 0, useWebWorkers: false });
  const stateDict = new Map<string, Pickled>();
  let number = 0;
  for await (const { name, shape, values } of weights) {
    const entry = String(number++);
    const storage = values instanceof Float32Array ? "FloatStorage" : "LongStorage";
    stateDict.set(name, { entry, storage, shape });
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    await zip.add(`archive/data/${entry}`, new Uint8ArrayReader(bytes));
  }
  const root = new Map<string, Pickled>([...beside, [nest, stateDict]]);
  await zip.add("archive/data.pkl", new Uint8ArrayReader(pickle(root)));
  await zip.add("archive/version", new Uint8ArrayReader(new TextEncoder().encode("3\n")));
  await zip.close();
}
