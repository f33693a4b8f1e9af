import { CheckpointError, corruptFile } from "./errors.ts";
import { type Dtype, DTYPE_BYTES } from "./dtype.ts";
import type { WeightSource, WeightTensor } from "./weight_source.ts";

/** A weight that a network has asked for; read it after {@link WeightStore.finish}. */
export interface Weight {
  /** The full key in the checkpoint. */
  readonly key: string;
  /** The shape that the network asked for. */
  readonly shape: readonly number[];
  /** Type of the stored elements; `F32` for a weight that is missing. */
  readonly dtype: Dtype;
  /**
   * Reads all elements as 32-bit floats, row-major.
   *
   * @returns Finite numbers.
   * @throws {CheckpointError} `WEIGHTS_CORRUPT` when one of them is none.
   */
  float32(): Promise<Float32Array<ArrayBuffer>>;
  /** Streams the stored bytes in pieces of at most `chunkBytes`, whole elements each. */
  chunks(chunkBytes?: number): AsyncIterable<Uint8Array>;
}

/** Progress of loading, in bytes of the checkpoint. */
export interface LoadProgress {
  /** The stage of the work. */
  readonly phase: "load";
  /** Bytes read so far. */
  readonly done: number;
  /** Bytes of all weights that are asked for. */
  readonly total: number;
  /** What is counted. */
  readonly unit: "byte";
  /** The weight that was loaded last. */
  readonly item: string;
}

/** What all views of one store share: which keys were asked for and what was wrong with them. */
interface Ledger {
  readonly source: WeightSource;
  readonly stored: ReadonlySet<string>;
  readonly asked: Set<string>;
  readonly missing: string[];
  readonly misshaped: string[];
  /** Bytes of the weights that were asked for, and of those among them that were read. */
  readonly bytes: { readonly asked: Map<string, number>; readonly read: Map<string, number> };
}

/**
 * Hands out the weights of a checkpoint by the module names of the official code and keeps account,
 * so that all missing, unexpected and mis-shaped keys are reported together before anything is
 * uploaded.
 *
 * @example
 * ```ts
 * import { memorySource, SafetensorsFile, WeightStore, writeSafetensors } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * const bytes = writeSafetensors([
 *   { name: "blocks.0.ffn.bias", dtype: "F32", shape: [2], values: [1, 2] },
 * ]);
 * const store = WeightStore.over(await SafetensorsFile.open(memorySource(bytes)));
 * const bias = store.at("blocks.0").at("ffn").get("bias", [2]);
 * store.finish();
 * assert.deepEqual([...(await bias.float32())], [1, 2]);
 * ```
 */
export class WeightStore {
  readonly #ledger: Ledger;
  readonly #prefix: string;

  private constructor(ledger: Ledger, prefix: string) {
    this.#ledger = ledger;
    this.#prefix = prefix;
  }

  /**
   * Starts an account over a source.
   *
   * @param source Where the weights come from.
   * @returns The root view.
   */
  static over(source: WeightSource): WeightStore {
    const stored = new Set(source.keys());
    const bytes = { asked: new Map<string, number>(), read: new Map<string, number>() };
    const faults = { missing: [], misshaped: [] };
    return new WeightStore({ source, stored, asked: new Set(), ...faults, bytes }, "");
  }

  /** The path of this view inside the checkpoint, `""` for the root. */
  get path(): string {
    return this.#prefix;
  }

  /**
   * Steps into a module; the view shares the root's account of keys.
   *
   * @param path One or more names with dots between them, or a list index.
   * @returns A view whose keys start with that path.
   */
  at(path: string | number): WeightStore {
    return new WeightStore(this.#ledger, this.#key(String(path)));
  }

  /**
   * Says whether the checkpoint holds an optional weight, without asking for it.
   *
   * @param name Key relative to this view.
   * @returns True when the key is stored.
   */
  has(name: string): boolean {
    return this.#ledger.stored.has(this.#key(name));
  }

  /**
   * Leaves out what the checkpoint holds and the network does not use, such as heads for training.
   *
   * @param name Key, or path of a module, relative to this view.
   */
  skip(name: string): void {
    const path = this.#key(name);
    for (const key of this.#ledger.stored) {
      if (key === path || key.startsWith(`${path}.`)) this.#ledger.asked.add(key);
    }
  }

  /**
   * Asks for a weight; a fault is noted for {@link finish}, not thrown here.
   *
   * @param name Key relative to this view, such as `weight`.
   * @param shape The shape that the network needs.
   * @returns A handle that reads the weight once `finish` has passed.
   */
  get(name: string, shape: readonly number[]): Weight {
    const key = this.#key(name);
    const { source, asked, missing, misshaped, bytes } = this.#ledger;
    asked.add(key);
    const found = source.find(key, shape);
    if (found === undefined) {
      missing.push(`missing ${key} [${shape}]`);
      return absentWeight(key, shape, source.name);
    }
    if (!sameShape(found.shape, shape)) {
      misshaped.push(`${key} has shape [${found.shape}], expected [${shape}]`);
    }
    const size = found.shape.reduce((product, extent) => product * extent, 1) *
      DTYPE_BYTES[found.dtype];
    bytes.asked.set(key, size);
    return boundWeight(key, shape, found, {
      sourceName: source.name,
      onRead: () => bytes.read.set(key, size),
    });
  }

  /**
   * How much of what was asked for has been read.
   *
   * @param item The weight that was loaded last.
   * @returns Bytes.
   */
  progress(item: string): LoadProgress {
    const { asked, read } = this.#ledger.bytes;
    const sum = (sizes: Map<string, number>) => [...sizes.values()].reduce((a, b) => a + b, 0);
    return { phase: "load", done: sum(read), total: sum(asked), unit: "byte", item };
  }

  /**
   * Ends the asking: throws one error that lists every key that was missing, mis-shaped, or stored
   * but never asked for.
   *
   * @throws {CheckpointError} `WEIGHTS_MISMATCH` with one line per key in `problems`.
   */
  finish(): void {
    const { source, stored, asked, missing, misshaped } = this.#ledger;
    const unexpected = [...stored].filter((key) => !asked.has(key));
    const problems = [...missing, ...misshaped, ...unexpected.map((key) => `unexpected ${key}`)];
    if (problems.length === 0) return;
    throw new CheckpointError(
      "WEIGHTS_MISMATCH",
      `Cannot load ${source.name}: ${missing.length} keys are missing, ${misshaped.length} have ` +
        `another shape, ${unexpected.length} are unexpected:\n  ${problems.join("\n  ")}\n` +
        "Use a checkpoint of this network and configuration.",
      problems,
    );
  }

  #key(name: string): string {
    return this.#prefix === "" ? name : `${this.#prefix}.${name}`;
  }
}

function boundWeight(
  key: string,
  shape: readonly number[],
  found: WeightTensor,
  { sourceName, onRead }: { readonly sourceName: string; readonly onRead: () => void },
): Weight {
  return {
    key,
    shape,
    dtype: found.dtype,
    float32: async () => {
      const values = await found.float32();
      onRead();
      // One of them is enough to turn all that a network makes into nothing, and nobody would be told.
      const at = firstNotFinite(values);
      if (at >= 0) throw corruptFile(sourceName, `value ${at} of ${key} is ${values[at]}`);
      return values;
    },
    chunks: (chunkBytes) => {
      onRead();
      return found.chunks(chunkBytes);
    },
  };
}

/** A loop, since a callback for each of a hundred million values takes seconds. */
function firstNotFinite(values: Float32Array): number {
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) return at;
  }
  return -1;
}

function absentWeight(key: string, shape: readonly number[], sourceName: string): Weight {
  const absent = () =>
    new CheckpointError(
      "WEIGHTS_MISSING",
      `Cannot read ${key}: ${sourceName} does not hold it. Call finish() before reading weights.`,
    );
  return {
    key,
    shape,
    dtype: "F32",
    float32: () => Promise.reject(absent()),
    chunks: () => {
      throw absent();
    },
  };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
