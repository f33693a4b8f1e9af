/** The tensors of a checkpoint, out of what training frameworks wrap around them. */
import { TorchTensor } from "./torch_values.ts";
import { Opaque } from "./unpickle.ts";

/** Names under which frameworks keep the weights, tried in this order. */
const NESTS = [
  "state_dict",
  "model",
  "model_state",
  "module",
  "params_ema",
  "params",
  "state_dict_ema",
];
/** Nests inside nests that are opened. */
const DEEPEST = 4;

/** The weights by key. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Entries that only code of the checkpoint could make. */
  readonly foreign: ReadonlyMap<string, Opaque>;
}

/**
 * Finds the weights.
 *
 * @param root The unpickled file.
 * @param nest Name of the nest to open first, such as `state_dict_ema`; the usual ones when absent.
 * @returns The weights; what only code could make when they must be inside of that; or undefined
 * when there is no such nest.
 */
export function findStateDict(root: unknown, nest?: string): StateDict | Opaque | undefined {
  let dict = nest === undefined ? root : nestIn(root, [nest], isDictionary);
  if (dict === undefined) return nestIn(root, nest === undefined ? [] : [nest], isForeign);
  for (let depth = 0; depth < DEEPEST; depth++) {
    const inner = nestIn(dict, NESTS, isDictionary);
    if (inner === undefined) break;
    dict = inner;
  }
  if (isForeign(dict)) return dict;
  const stateDict = entriesOf(dict);
  return stateDict.tensors.size > 0 ? stateDict : nestIn(dict, NESTS, isForeign) ?? stateDict;
}

function entriesOf(dict: unknown): StateDict {
  const tensors = new Map<string, TorchTensor>();
  const foreign = new Map<string, Opaque>();
  for (const [key, value] of isDictionary(dict) ? dict : []) {
    if (typeof key !== "string") continue;
    if (value instanceof TorchTensor) tensors.set(key, value);
    else if (isForeign(value)) foreign.set(key, value);
  }
  return { tensors, foreign };
}

function isDictionary(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map;
}

function isForeign(value: unknown): value is Opaque {
  return value instanceof Opaque;
}

/** The first of some entries of a dictionary that is of one kind. */
function nestIn<Kind>(
  dict: unknown,
  names: readonly string[],
  isKind: (value: unknown) => value is Kind,
): Kind | undefined {
  return isDictionary(dict) ? names.map((name) => dict.get(name)).find(isKind) : undefined;
}
