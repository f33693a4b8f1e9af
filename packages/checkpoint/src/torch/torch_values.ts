/** What PyTorch's pickles construct: storages, and tensors as views of them. */
import type { Dtype } from "../dtype.ts";
import { type Budget, WEIGHT } from "./budget.ts";
import { PickleError } from "./pickle_error.ts";
import { type PickleHooks, PythonName, setText } from "./unpickle.ts";

/** A block of elements that tensors share. */
export interface StorageRef {
  /** Its name in the file. */
  readonly key: string;
  /** Type of its elements. */
  readonly dtype: Dtype;
  /** Number of its elements. */
  readonly count: number;
}

/** A tensor: a view of a storage. */
export class TorchTensor {
  /** Offset, extents and strides count elements. */
  constructor(
    readonly storage: StorageRef,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const STORAGE_TYPES: Readonly<Record<string, Dtype>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A copy: what a pickle remembers it may still change. */
function extents(value: unknown): number[] {
  if (Array.isArray(value) && value.length <= 64 && value.every(isCount)) return [...value];
  throw new PickleError("a tensor has no shape");
}

/** The storage that a persistent id names; old files add a view, which starts at its offset. */
function storageOf(id: unknown): { storage: StorageRef; start: number } {
  const [kind, type, key, , count, view] = Array.isArray(id) ? id : [];
  const dtype = type instanceof PythonName ? STORAGE_TYPES[type.name] : undefined;
  if (kind !== "storage" || dtype === undefined || typeof key !== "string" || !isCount(count)) {
    throw new PickleError("a storage has an unknown form");
  }
  const start = Array.isArray(view) ? view[1] : 0;
  if (!isCount(start)) throw new PickleError("a storage has an unknown form");
  return { storage: { key, dtype, count }, start };
}

/** A storage, and where the part of it that a tensor sees starts. */
class StorageView {
  constructor(readonly storage: StorageRef, readonly start: number) {}
}

function rebuildTensor(
  [view, offset, shape, strides]: readonly unknown[],
  budget: Budget,
): TorchTensor {
  if (!(view instanceof StorageView) || !isCount(offset)) {
    throw new PickleError("a tensor has no storage");
  }
  budget.take(WEIGHT.object + 2 * WEIGHT.tuple);
  const [sizes, steps] = [extents(shape), extents(strides)];
  budget.take(2 * WEIGHT.field * sizes.length);
  if (sizes.length !== steps.length) throw new PickleError("a tensor has no shape");
  const empty = sizes.includes(0);
  const last = sizes.reduce((at, size, axis) => at + (size - 1) * (steps[axis] ?? 0), offset);
  if (!empty && view.start + last >= view.storage.count) {
    throw new PickleError(`a tensor [${sizes}] lies outside its storage ${view.storage.key}`);
  }
  return new TorchTensor(view.storage, view.start + offset, sizes, steps);
}

/** A call that makes data of its arguments, and pays for them. */
type Call = (args: readonly unknown[], budget: Budget) => unknown;

/** Calls that make data, by their path; everything else stays unexecuted. */
const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["torch._utils._rebuild_tensor", rebuildTensor],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_parameter", ([data]) => data],
  ["collections.OrderedDict", ([entries], budget) => mapOf(entries, budget)],
  ["builtins.set", ([items], budget) => listOf(items, budget)],
  ["__builtin__.set", ([items], budget) => listOf(items, budget)],
  ["torch.Size", ([extents]) => extents],
  ["_codecs.encode", ([text], budget) => bytesOf(text, budget)],
]);

function mapOf(entries: unknown, budget: Budget): Map<unknown, unknown> {
  budget.take(WEIGHT.dictionary);
  const map = new Map<unknown, unknown>();
  for (const entry of Array.isArray(entries) ? entries : []) {
    const [key, value] = Array.isArray(entry) ? entry : [];
    setText(map, key, value, budget);
  }
  return map;
}

function listOf(items: unknown, budget: Budget): unknown[] {
  const list: readonly unknown[] = Array.isArray(items) ? items : [];
  budget.take(WEIGHT.list + WEIGHT.slot * list.length);
  return [...list];
}

function bytesOf(text: unknown, budget: Budget): Uint8Array | undefined {
  if (typeof text !== "string") return undefined;
  budget.take(WEIGHT.bytes + text.length);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** What the reader of pickles has to know about PyTorch; `storages` takes those that are named. */
export function torchHooks(budget: Budget, storages: Map<string, StorageRef>): PickleHooks {
  return {
    persistent(id) {
      // Old files that hold a whole network name its classes so, with their source text.
      if (Array.isArray(id) && id[0] === "module") return id[1] ?? null;
      budget.take(2 * WEIGHT.object);
      const { storage, start } = storageOf(id);
      if (!storages.has(storage.key)) {
        budget.admitStorage();
        budget.take(WEIGHT.entry);
      }
      storages.set(storage.key, storage);
      return new StorageView(storage, start);
    },
    call: (path, args) => CALLS.get(path)?.(args, budget),
  };
}
