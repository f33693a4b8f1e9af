/** The tensors of a checkpoint, out of what training frameworks wrap around them. */
import { TorchTensor } from "./torch_values.ts";

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

/**
 * Finds the weights.
 *
 * @param root The unpickled file.
 * @param nest Name of the nest to open first, such as `state_dict_ema`; the usual ones when absent.
 * @returns Tensors by key, or undefined when there is no such nest.
 */
export function stateDict(
  root: unknown,
  nest?: string,
): ReadonlyMap<string, TorchTensor> | undefined {
  let dict = nest === undefined ? root : nestIn(root, [nest]);
  if (dict === undefined) return undefined;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const inner = nestIn(dict, NESTS);
    if (inner === undefined) break;
    dict = inner;
  }
  const tensors = new Map<string, TorchTensor>();
  if (!(dict instanceof Map)) return tensors;
  for (const [key, value] of dict) {
    if (typeof key === "string" && value instanceof TorchTensor) tensors.set(key, value);
  }
  return tensors;
}

/** The first dictionary inside a dictionary that has one of some names. */
function nestIn(dict: unknown, names: readonly string[]): unknown {
  if (!(dict instanceof Map)) return undefined;
  return names.map((name) => dict.get(name)).find((value) => value instanceof Map);
}
