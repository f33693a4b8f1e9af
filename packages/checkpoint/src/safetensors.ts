import { type Dtype, DTYPE_BYTES, toFloat16Bits, toFloat32, toFloat64 } from "./dtype.ts";
import { CheckpointError } from "./errors.ts";
import { headerLength, parseHeader, PREFIX_BYTES, type TensorEntry } from "./header.ts";
import type { Source } from "./source.ts";
import type { WeightSource, WeightTensor } from "./weight_source.ts";

/** Bytes read at once while streaming, the size that uploads to a GPU want. */
export const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * A safetensors file whose header has been read and checked; tensors are read when asked for, so
 * memory holds one tensor, or one chunk of it, at a time.
 */
export class SafetensorsFile implements WeightSource {
  /**
   * @param source The file's bytes.
   * @param metadata The free texts of the header.
   * @param tensors All tensors by name, in file order.
   */
  private constructor(
    private readonly source: Source,
    readonly metadata: Readonly<Record<string, string>>,
    readonly tensors: ReadonlyMap<string, TensorEntry>,
  ) {}

  /**
   * Reads and validates the header.
   *
   * @param source The file's bytes.
   * @returns The file, no tensor read yet.
   * @throws {CheckpointError} `WEIGHTS_CORRUPT` when the header is damaged.
   *
   * @example
   * ```ts
   * import { memorySource, SafetensorsFile, writeSafetensors } from "@vicinity/checkpoint";
   * import assert from "node:assert/strict";
   *
   * const bytes = writeSafetensors([{
   *   name: "bias",
   *   dtype: "F32",
   *   shape: [2],
   *   values: [0.5, -1],
   * }]);
   * const file = await SafetensorsFile.open(memorySource(bytes));
   * assert.deepEqual([...(await file.float32("bias"))], [0.5, -1]);
   * ```
   */
  static async open(source: Source): Promise<SafetensorsFile> {
    if (source.size < PREFIX_BYTES) {
      throw new CheckpointError(
        "WEIGHTS_CORRUPT",
        `Cannot read ${source.name}: it has only ${source.size} bytes. ` +
          "Fetch or export the file again.",
      );
    }
    const prefix = await source.read(0, PREFIX_BYTES);
    const length = headerLength(prefix, source.size, source.name);
    const json = await source.read(PREFIX_BYTES, length);
    const { metadata, tensors } = parseHeader(json, source.size, source.name);
    return new SafetensorsFile(source, metadata, tensors);
  }

  /** What error messages call the file. */
  get name(): string {
    return this.source.name;
  }

  /**
   * Lists the keys.
   *
   * @returns All keys in file order.
   */
  keys(): Iterable<string> {
    return this.tensors.keys();
  }

  /**
   * Finds a tensor without reading it.
   *
   * @param key Its full name.
   * @returns A handle, or undefined when the file has no such key.
   */
  find(key: string): WeightTensor | undefined {
    const entry = this.tensors.get(key);
    if (entry === undefined) return undefined;
    return {
      dtype: entry.dtype,
      shape: entry.shape,
      float32: () => this.float32(key),
      chunks: (chunkBytes) => this.chunks(key, chunkBytes),
    };
  }

  /**
   * Looks up one tensor's type, shape and place.
   *
   * @param key Its full name.
   * @returns The entry.
   * @throws {CheckpointError} `WEIGHTS_MISSING` when the file has no such key.
   */
  entry(key: string): TensorEntry {
    const entry = this.tensors.get(key);
    if (entry === undefined) {
      throw new CheckpointError(
        "WEIGHTS_MISSING",
        `Cannot read tensor ${key}: ${this.name} does not hold it. ` +
          `It holds ${this.tensors.size} tensors.`,
      );
    }
    return entry;
  }

  /**
   * Reads the stored bytes of one tensor.
   *
   * @param key Its full name.
   * @returns Little-endian elements in new memory.
   * @throws {CheckpointError} `WEIGHTS_MISSING` when the file has no such key.
   */
  bytes(key: string): Promise<Uint8Array<ArrayBuffer>> {
    const { offset, byteLength } = this.entry(key);
    return this.source.read(offset, byteLength);
  }

  /**
   * Reads one tensor as 32-bit floats.
   *
   * @param key Its full name.
   * @returns One float per element, row-major.
   * @throws {CheckpointError} `WEIGHTS_MISSING` when the file has no such key.
   */
  async float32(key: string): Promise<Float32Array<ArrayBuffer>> {
    return toFloat32(await this.bytes(key), this.entry(key).dtype);
  }

  /**
   * Reads one tensor as 64-bit floats, which hold every 32-bit integer exactly.
   *
   * @param key Its full name.
   * @returns One float per element, row-major.
   * @throws {CheckpointError} `WEIGHTS_MISSING` when the file has no such key.
   */
  async float64(key: string): Promise<Float64Array<ArrayBuffer>> {
    return toFloat64(await this.bytes(key), this.entry(key).dtype);
  }

  /**
   * Reads one tensor as the bit patterns of 16-bit floats.
   *
   * @param key Its full name.
   * @returns One pattern per element, row-major.
   * @throws {CheckpointError} `WEIGHTS_MISSING` when the file has no such key.
   */
  async float16Bits(key: string): Promise<Uint16Array<ArrayBuffer>> {
    return toFloat16Bits(await this.bytes(key), this.entry(key).dtype);
  }

  /**
   * Streams the stored bytes of one tensor in pieces of whole elements.
   *
   * @param key Its full name.
   * @param chunkBytes Largest piece in bytes, at least 8.
   * @returns The pieces in order, each in new memory.
   * @throws {CheckpointError} `WEIGHTS_MISSING` when the file has no such key.
   */
  async *chunks(key: string, chunkBytes: number = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
    const { offset, byteLength, dtype } = this.entry(key);
    const step = wholeElements(chunkBytes, dtype);
    for (let position = 0; position < byteLength; position += step) {
      yield await this.source.read(offset + position, Math.min(step, byteLength - position));
    }
  }
}

function wholeElements(chunkBytes: number, dtype: Dtype): number {
  return Math.max(1, Math.floor(chunkBytes / DTYPE_BYTES[dtype])) * DTYPE_BYTES[dtype];
}
