/** Files of PyTorch as a source of weights. */
import { DTYPE_BYTES, toFloat32, toFloat64 } from "../dtype.ts";
import { CheckpointError, unsafeFile } from "../errors.ts";
import { elementCount } from "../header.ts";
import type { Source } from "../source.ts";
import type { WeightSource, WeightTensor } from "../weight_source.ts";
import { memoryLimit } from "./budget.ts";
import { type ByteRange, type Container, isZip, openLegacy, openZip } from "./containers.ts";
import { metadataOf } from "./metadata.ts";
import { PickleError } from "./pickle_error.ts";
import { findStateDict, type StateDict } from "./state_dict.ts";
import type { TorchTensor } from "./torch_values.ts";
import { Opaque, PythonName } from "./unpickle.ts";

/** Bytes in a piece of a stream when the caller does not say. */
const CHUNK_BYTES = 4 << 20;

/** Options of {@link TorchFile.open}. */
export interface TorchFileOptions {
  /** Where in the file the weights are, such as `state_dict_ema`; the usual places when absent. */
  readonly nest?: string | undefined;
}

/**
 * The weights of a `.pth`, `.pt` or `.bin` file. The pickle inside is read without executing
 * anything. What is not data, such as an optimizer or a configuration, stays a description of what
 * would have been called, and only what needs it is refused. Reading takes no more memory than twice
 * the file, 4 MiB, and 2 KiB for each storage up to 128 MiB; numbers that are asked for as floats take
 * what so many floats take.
 *
 * @example
 * ```ts
 * import { CheckpointError, memorySource, TorchFile } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(TorchFile.open(memorySource(new Uint8Array(9))), CheckpointError);
 * ```
 */
export class TorchFile implements WeightSource {
  /** What error messages call it. */
  readonly name: string;
  /**
   * The unpickled object: arrays, opaque stand-ins, and maps with the entries whose keys are texts.
   */
  readonly root: unknown;
  /**
   * The texts beside the weights, such as a configuration, and as JSON the lists that mmcv keeps in
   * `meta` and the options that a training script keeps in `args`.
   */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #source: Source;
  readonly #container: Container;
  readonly #stateDict: StateDict;

  private constructor(source: Source, container: Container, stateDict: StateDict) {
    this.name = source.name;
    this.root = container.root;
    this.metadata = metadataOf(container.root, container.budget);
    this.#source = source;
    this.#container = container;
    this.#stateDict = stateDict;
  }

  /**
   * Reads the pickle of a file, not its weights.
   *
   * @param source The file; it stays the caller's.
   * @param options Where the weights are.
   * @returns The weights.
   * @throws {CheckpointError} `WEIGHTS_CORRUPT` if it is no file of PyTorch, a damaged one, or one
   * that would take more memory than it should; `WEIGHTS_UNSAFE` if the weights are inside of an
   * object that only code could make; `WEIGHTS_MISMATCH` if it has no such nest.
   */
  static async open(source: Source, options: TorchFileOptions = {}): Promise<TorchFile> {
    try {
      const container = await isZip(source) ? await openZip(source) : await openLegacy(source);
      const stateDict = findStateDict(container.root, options.nest);
      if (stateDict instanceof Opaque) {
        throw unsafeFile(source.name, "its weights are", calleeOf(stateDict));
      }
      if (stateDict !== undefined) return new TorchFile(source, container, stateDict);
    } catch (error) {
      throw corrupt(source.name, error);
    }
    throw new CheckpointError(
      "WEIGHTS_MISMATCH",
      `Cannot load ${source.name}: it holds no dictionary ${options.nest}. Ask for another nest.`,
    );
  }

  /** The keys of the tensors. */
  keys(): Iterable<string> {
    return this.#stateDict.tensors.keys();
  }

  /**
   * Finds a tensor.
   *
   * @param key Its full name.
   * @returns The tensor, or undefined when there is none.
   * @throws {CheckpointError} `WEIGHTS_UNSAFE` when only code could make what has this name.
   */
  find(key: string): (WeightTensor & { float64(): Promise<Float64Array> }) | undefined {
    const { tensors, foreign } = this.#stateDict;
    const opaque = foreign.get(key);
    if (opaque) throw unsafeFile(this.name, `${key} is`, calleeOf(opaque));
    const tensor = tensors.get(key);
    if (!tensor) return undefined;
    const { dtype } = tensor.storage;
    const bytes = () => this.#bytes(tensor);
    return {
      dtype,
      shape: tensor.shape,
      float32: async () => toFloat32(await bytes(), dtype),
      float64: async () => toFloat64(await bytes(), dtype),
      chunks: (chunkBytes = CHUNK_BYTES) => this.#chunks(tensor, chunkBytes),
    };
  }

  /** The elements of a tensor in row-major order, in pieces; only scattered ones are put together. */
  async *#chunks(tensor: TorchTensor, chunkBytes: number): AsyncGenerator<Uint8Array> {
    const step = DTYPE_BYTES[tensor.storage.dtype];
    const size = Math.max(1, Math.floor(chunkBytes / step)) * step;
    if (!isContiguous(tensor.shape, tensor.strides)) {
      const all = await this.#bytes(tensor);
      for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
      return;
    }
    const { offset, length } = this.#rangeOf(tensor);
    for (let at = 0; at < length; at += size) {
      yield await this.#source.read(offset + at, Math.min(size, length - at));
    }
  }

  /** The elements of a tensor in row-major order. */
  async #bytes(tensor: TorchTensor): Promise<Uint8Array> {
    const { shape, strides, storage } = tensor;
    const { offset, length } = this.#rangeOf(tensor);
    const stored = await this.#source.read(offset, length);
    return isContiguous(shape, strides)
      ? stored
      : gather(stored, shape, strides, DTYPE_BYTES[storage.dtype]);
  }

  /** Where a tensor's elements lie, from its first to its last. */
  #rangeOf({ storage, shape, strides, offset }: TorchTensor): ByteRange {
    const step = DTYPE_BYTES[storage.dtype];
    if (shape.includes(0)) return { offset: 0, length: 0 };
    try {
      const range = this.#container.locate(storage);
      const last = shape.reduce((at, extent, axis) => at + (extent - 1) * (strides[axis] ?? 0), 0);
      if ((offset + last + 1) * step > range.length) {
        throw new PickleError(`the storage ${storage.key.slice(0, 40)} is too short`);
      }
      const gathered = isContiguous(shape, strides) ? 0 : elementCount(shape) * step;
      if (gathered + (last + 1) * step > memoryLimit(this.#source.size)) {
        throw new PickleError(`a tensor [${shape}] is larger than the file`);
      }
      return { offset: range.offset + offset * step, length: (last + 1) * step };
    } catch (error) {
      throw corrupt(this.name, error);
    }
  }
}

function corrupt(name: string, error: unknown): unknown {
  if (error instanceof CheckpointError || !(error instanceof Error)) return error;
  const reason = error.message.replace(/\.$/, "");
  return new CheckpointError(
    "WEIGHTS_CORRUPT",
    `Cannot read ${name}: ${reason}. Fetch the file again, or give one that PyTorch wrote.`,
    [],
    { cause: error },
  );
}

/** What would have made something. */
function calleeOf({ callee }: Opaque): string {
  return callee instanceof PythonName ? callee.path : "a call of something without a name";
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] ?? 1;
    if (extent !== 1 && strides[axis] !== expected) return false;
    expected *= extent;
  }
  return true;
}

function gather(
  stored: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  step: number,
): Uint8Array {
  const count = elementCount(shape);
  const bytes = new Uint8Array(count * step);
  const place = shape.map(() => 0);
  let from = 0;
  for (let index = 0; index < count; index++) {
    for (let byte = 0; byte < step; byte++) {
      bytes[index * step + byte] = stored[from * step + byte] ?? 0;
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis] ?? 0;
      place[axis] = (place[axis] ?? 0) + 1;
      if (place[axis] !== shape[axis]) break;
      from -= (shape[axis] ?? 0) * (strides[axis] ?? 0);
      place[axis] = 0;
    }
  }
  return bytes;
}
